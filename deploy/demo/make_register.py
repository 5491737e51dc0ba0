"""Makes up two prison registers, as their exports look. Nobody in them exists: names are drawn at random, always the same.

    make_register.py FOLDER

Writes register-banyuwangi.csv (250 people; comma, ISO dates) and register-kendari.csv (150; semicolon, byte order mark,
CRLF, day first, as Excel in Bahasa Indonesia writes it).
"""

import csv
import datetime
import pathlib
import random
import sys

MEN = """Agus Ahmad Andi Arif Aris Bagus Bambang Bayu Budi Cahyo Dadang Dani Dedi Deni Didik Dimas Dwi Edi Eko Fajar Faisal
Febri Galih Gilang Hadi Hari Hendra Heri Ilham Imam Indra Irfan Iwan Jaka Joko Kurnia Lukman Made Mahmud Mulyadi Nanang
Ngatno Nur Paijo Panji Ponidi Pujianto Rahmat Ridwan Rizky Rohman Rudi Sahrul Samsul Satrio Slamet Sugeng Suhardi Sukarno
Sulaiman Supri Suroso Sutrisno Taufik Teguh Tohari Tono Tri Untung Wahyu Wawan Wayan Widodo Yanto Yoga Yudi Yusuf
Zainal""".split()
WOMEN = """Ani Ayu Citra Dewi Dian Eka Endang Fitri Indah Lestari Maya Mega Ningsih Nurul Putri Rina Ratna Sari Siti Sri
Susanti Wati Yanti Yuni""".split()
LAST = """Adi Anwar Arifin Basuki Cahyono Effendi Firmansyah Gunawan Hakim Handoko Haryanto Hidayat Iskandar Kurniawan Kusuma
Laksono Maulana Mulyono Nugroho Nurhadi Permana Prabowo Pradana Prasetyo Pratama Purnomo Putra Rahmadi Ramadhan Saputra
Santoso Setiawan Setyawan Siswanto Subagyo Sudrajat Suharto Sulistyo Suryadi Susanto Susilo Syahputra Utomo Wibowo Wicaksono
Widjaja Wijaya Wiratama Yulianto Yunus""".split()
SOUTHEAST = """La Ode Asrul|La Ode Hamid|La Ode Muhidin|La Ode Sarif|La Baco|La Tombi|Wa Ode Nurlia|Wa Ode Harni|Andi Baso|
Andi Tenri""".replace("\n", "").split("|")
ALIASES = "Gondrong|Kancil|Cak Mat|Bang Jek|Ucok|Boncel|Pak De|Kentang|Cungkring|Gepeng|Tole|Kacong|Si Rambo|Botak".split("|")
ARTICLES = ["Pasal 112 ayat (1) UU 35/2009", "Pasal 112 ayat (2) UU 35/2009", "Pasal 114 ayat (1) UU 35/2009",
            "Pasal 111 ayat (1) UU 35/2009", "Pasal 127 ayat (1) huruf a UU 35/2009", "Pasal 131 UU 35/2009",
            "Pasal 132 ayat (1) UU 35/2009"]
# Each day in the registers is counted from here, so that the cases are fresh in the demonstration's year.
TODAY = datetime.date(2026, 3, 2)

HEADERS = ["No. Register", "Nama", "Alias", "Tanggal Lahir", "Jenis Kelamin", "Blok", "Pasal", "Mulai Pidana", "Dua Pertiga",
           "Ekspirasi"]


def name_of(draw, woman, local):
    first = draw.choice(WOMEN if woman else MEN)
    if local and draw.random() < 0.3:
        fitting = [name for name in local if name.startswith("Wa") == woman]
        return draw.choice(fitting)
    if draw.random() < 0.17:
        return first  # one word is a whole name
    return f"{first} {draw.choice(LAST)}" if draw.random() < 0.8 else f"{first} {draw.choice(MEN)} {draw.choice(LAST)}"


def person(draw, number, women, blocks, local):
    woman = draw.random() < women
    months = draw.choice([12, 18, 24, 36, 48, 48, 54, 60, 60, 66, 72, 84, 96])
    days = months * 365 // 12
    start = TODAY - datetime.timedelta(days=draw.randrange(30, max(60, days * 3 // 4)))
    born = start - datetime.timedelta(days=draw.randrange(19 * 365, 56 * 365))
    articles = draw.sample(ARTICLES[:-1], 1)
    if draw.random() < 0.25:
        articles.append(ARTICLES[-1])
    alias = draw.choice(ALIASES) if draw.random() < 0.3 else ""
    if alias and draw.random() < 0.15:
        alias = f"{alias}; {draw.choice(ALIASES)}"
    return [f"B.{'I' if months > 12 else 'IIa'} {number}/{start.year}", name_of(draw, woman, local), alias, born,
            "P" if woman else "L", draw.choice(blocks), "; ".join(articles), start,
            start + datetime.timedelta(days=days * 2 // 3), start + datetime.timedelta(days=days)]


def write(path, rows, date_format, encoding, **dialect):
    with open(path, "w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, **dialect)
        writer.writerow(HEADERS)
        for row in rows:
            writer.writerow([cell.strftime(date_format) if isinstance(cell, datetime.date) else cell for cell in row])


def main():
    folder = pathlib.Path(sys.argv[1])
    draw = random.Random(20250219)
    banyuwangi = [person(draw, number, 0.04, [f"{block}{room}" for block in "ABCD" for room in range(1, 9)], None)
                  for number in range(101, 351)]
    kendari = [person(draw, number, 0.06, [f"Blok {block}" for block in ("Melati", "Mawar", "Anggrek", "Kenanga")], SOUTHEAST)
               for number in range(41, 191)]
    write(folder / "register-banyuwangi.csv", banyuwangi, "%Y-%m-%d", "utf-8", lineterminator="\n")
    write(folder / "register-kendari.csv", kendari, "%d/%m/%Y", "utf-8-sig", delimiter=";", lineterminator="\r\n")


if __name__ == "__main__":
    main()
