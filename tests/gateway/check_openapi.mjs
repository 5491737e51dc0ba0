// Checks an OpenAPI document from stdin; says what is wrong and ends with 1.
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";

const validator = new Validator();
const { valid, errors } = await validator.validate(JSON.parse(readFileSync(0, "utf8")));
if (!valid) console.error(JSON.stringify(errors, null, 1));
console.log(validator.version);
process.exitCode = valid ? 0 : 1;
