"""Mail to a local sink (tests/tools/smtp_sink.c, which is faster than all of them): services/notifications/smtp.c beside
nodemailer's pool of 5, a bare loop around libcurl's own SMTP and one that pipelines; and what pipelining brings us, near and far.

The same bytes every time, a notice of three kilobytes; 32 connections, as many as the service has slots, unless said otherwise.
"""

import pathlib
import statistics
import subprocess
import tempfile

from bench import BUILD, ROOT, Report

FOLDER = ROOT / "tests/bench/smtp"
MAIL = ("From: Pulih <pulih@yayasan.example>\r\nTo: <sari@lapas.example>\r\nSubject: Pengingat jadwal\r\n"
        "Message-ID: <01890a5d-ac96-774b-bcce-b302099a8057@yayasan.example>\r\nMIME-Version: 1.0\r\n\r\n"
        + "09.00-10.00 WIB  Aula  sesi kelompok, 8 orang\r\n" * 60).encode()
ROUNDS, COUNT, FAR_COUNT, FAR_MS = 5, 20_000, 2_000, "20"


class Sink:
    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.log = pathlib.Path(self.folder.name) / "log"
        self.process = subprocess.Popen([BUILD / "tests/tools/smtp_sink", self.log, *options],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    def told(self):
        """{delivery: when, in seconds since 1970}"""
        rows = (line.split("\t") for line in self.log.read_text().splitlines())
        return {message.strip("<>").partition("@")[0]: int(when) / 1000 for when, _, message in rows}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def seconds(command):
    return float(subprocess.run(list(map(str, command)), input=MAIL, capture_output=True, check=True).stdout)


def send(way, sink, count, connections):
    return seconds([BUILD / "tests/bench/bench_smtp", way, f"smtp://127.0.0.1:{sink.port}", count, connections])


def run(report):
    if not (FOLDER / "node_modules").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
    # By turns, so that they have the same machine.
    taken = {"ours": [], "ours on 5": [], "ours without pipelining": [], "curl": [], "bare pipelining": [], "nodemailer": []}
    with Sink() as sink, Sink("0", "plain") as plain:
        for _ in range(ROUNDS):
            taken["ours"].append(send("ours", sink, COUNT, 32))
            taken["ours on 5"].append(send("ours", sink, COUNT, 5))
            taken["ours without pipelining"].append(send("ours", plain, COUNT, 32))
            taken["curl"].append(send("curl", sink, COUNT, 32))
            taken["bare pipelining"].append(send("pipelined", sink, COUNT, 32))
            taken["nodemailer"].append(seconds(["node", FOLDER / "peer.mjs", sink.port, COUNT // 4]) * 4)
    rate = {name: COUNT / statistics.median(values) for name, values in taken.items()}
    detail = ", ".join(f"{name} {value:.0f}/s" for name, value in rate.items())
    report.ratio("mail to a local sink, to nodemailer's pool of 5", rate["ours"] / rate["nodemailer"], at_least=4, detail=detail)
    report.ratio("the same on 5 connections", rate["ours on 5"] / rate["nodemailer"], at_least=4)
    report.ratio("mail to a local sink, to a bare libcurl loop", rate["ours"] / rate["curl"], at_least=0.9)
    report.ratio("what pipelining brings, near", rate["ours"] / rate["ours without pipelining"], at_least=1)
    with Sink(FAR_MS) as sink, Sink(FAR_MS, "plain") as plain:
        far = {"with": FAR_COUNT / send("ours", sink, FAR_COUNT, 32), "without": FAR_COUNT / send("ours", plain, FAR_COUNT, 32),
               "curl": FAR_COUNT / send("curl", sink, FAR_COUNT, 32)}
    report.ratio(f"what pipelining brings, {FAR_MS} ms away", far["with"] / far["without"], at_least=1,
                 detail=", ".join(f"{name} {value:.0f}/s" for name, value in far.items()))


if __name__ == "__main__":
    report = Report()
    run(report)
    report.finish()
