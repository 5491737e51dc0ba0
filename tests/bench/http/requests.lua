-- Posts for wrk: BODY with %s for the hexadecimal number of the next request, counted from FIRST up to LAST and, where
-- CYCLE is set, round again. Prints what came of it as one line of JSON.
local body, first, last = os.getenv("BODY"), tonumber(os.getenv("FIRST")), tonumber(os.getenv("LAST"))
local cycle = os.getenv("CYCLE") ~= nil
local path = os.getenv("REQUEST_PATH")
local headers = { ["Content-Type"] = "application/json", ["Cookie"] = os.getenv("COOKIE"), ["Sec-Fetch-Site"] = "same-origin" }
local number = first - 1

function request()
  number = number + 1
  if number > last and cycle then number = first end
  return wrk.format("POST", path, headers, (body:gsub("%%s", string.format("%012x", number))))
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"requests": %d, "seconds": %f, "failed": %d, "p50_us": %d, "p99_us": %d}\n', summary.requests,
    summary.duration / 1e6, failed, latency:percentile(50), latency:percentile(99)))
end
