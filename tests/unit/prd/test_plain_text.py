"""Text without Markdown: letters, mails, RFCs, lists as people type them."""

from __future__ import annotations

from tests.unit.prd.reading import read, texts


def test_prose_without_any_heading():
    found = texts(
        "Hi Tom,", "", "we need a tool that sorts photos. It must run on Windows. Photos without a date",
        "should be listed at the end. We don't need videos. Right now I do it by hand.", "I will send you some. Can you start in May?", "", "Thanks", "Ann",
    )  # fmt: skip
    assert found == [
        "we need a tool that sorts photos.",
        "It must run on Windows.",
        "Photos without a date should be listed at the end.",
    ]


def test_dots_as_bullets():
    prd = read("what it does", "• asks everybody at 9:30", "• summary at 11:00, one block per", "  person")
    assert [(s.text, s.lines) for s in prd.statements] == [
        ("asks everybody at 9:30", ((2, 2),)),
        ("summary at 11:00, one block per person", ((3, 4),)),
    ]


def test_titles_in_capitals_and_numbered_ones():
    prd = read(
        "SORTER - REQUIREMENTS",
        "",
        "1. GENERAL",
        "",
        "It was written in May.",
        "",
        "2. SORTING",
        "2.1 Lines are sorted by",
        "    name.",
        "2.2 Equal lines stay.",
        "",
        "3. NOT NEEDED",
        "Printing must wait.",
    )
    assert prd.title == "SORTER - REQUIREMENTS"
    assert [(s.label, s.text, s.section, s.lines) for s in prd.statements] == [
        ("2.1", "Lines are sorted by name.", "SORTING", ((8, 9),)),
        ("2.2", "Equal lines stay.", "SORTING", ((10, 10),)),
    ]


def test_an_indented_rfc():
    prd = read(
        "3.  Requirements",
        "",
        "3.1.  Transport",
        "",
        "   Clients MUST use TLS.  The server MUST refuse",
        "   others.",
        "",
        "   o  Keys MUST be kept.",
        "   o  Logs SHOULD be kept.",
        "",
        "4.  Open Issues",
        "",
        "   It must be decided.",
    )
    assert [(s.text, s.level, s.lines) for s in prd.statements] == [
        ("Clients MUST use TLS.", "must", ((5, 5),)),
        ("The server MUST refuse others.", "must", ((5, 6),)),
        ("Keys MUST be kept.", "must", ((8, 8),)),
        ("Logs SHOULD be kept.", "should", ((9, 9),)),
    ]


def test_one_requirement_per_line():
    assert texts("teleprompter", "", "MUST", "speed follows the voice", "size 40 to 120 pt", "mirror image for the glass", "remote control with a pedal (pause, back)", "", "NOT", "spell checker", "printing") == [
        "speed follows the voice", "size 40 to 120 pt", "mirror image for the glass", "remote control with a pedal (pause, back)",
    ]  # fmt: skip


def test_wrapped_text_is_not_taken_for_a_list():
    assert texts(
        "The program must read all files of a folder and sort them by the date on which",
        "they were taken, and it must write the new names to a list.",
    ) == [
        "The program must read all files of a folder and sort them by the date on which they were taken, and it must write the new names to a list."
    ]


def test_a_numbered_title_above_bullets():
    prd = read("# Core Features", "1. Engine", "- Events are processed", "", "2. Dashboard", "- Metrics are shown")
    assert [(s.text, s.section) for s in prd.statements] == [
        ("Events are processed", "Core Features > Engine"),
        ("Metrics are shown", "Core Features > Dashboard"),
    ]


def test_a_quoted_mail_is_not_read_again():
    assert texts("The export must have a header.", "", "> On Monday Nadia wrote:", "> The export must be fast.") == [
        "The export must have a header."
    ]


def test_fields_one_per_line():
    prd = read(
        "## Requirements",
        "### Undo",
        "Priority: Low",
        "Description: The last step can be undone",
        "Rationale: people err",
    )
    assert [(s.text, s.level) for s in prd.statements] == [("The last step can be undone", "could")]


def test_abbreviations_and_code_do_not_end_sentences():
    assert texts("## Requirements", "The tool must read text, e.g. CSV, vs. XML. It must call `a. B` first.") == [
        "The tool must read text, e.g. CSV, vs. XML.",
        "It must call `a. B` first.",
    ]


def test_other_languages():
    assert texts("# 待办", "## 功能需求", "- 用户可以创建任务", "## 项目背景", "- 必须手工") == ["用户可以创建任务"]
    assert texts("# Werkstatt", "## Anforderungen", "Termine müssen gespeichert werden. Das war früher anders.") == [
        "Termine müssen gespeichert werden."
    ]
    assert texts("# アプリ", "## 機能要件", "- 社員は打刻できる", "## 用語", "- 打刻：記録") == ["社員は打刻できる"]


def test_lines_that_each_say_something_need_no_marks_and_no_full_stops():
    lines = [
        "it remembers the last folder, also after a restart",
        "esc closes it, f11 fills the screen",
        "shows a red frame around every picture that is larger than the limit given in the settings, and the size in its corner",
        "limit is 4 MB if I set none; a limit that is no number -> a warning and exit 3",
        "every picture removed gets moved to ~/.bin (name, folder, date)",
        "order comes from -s, e.g. peek -s size",
        '"peek --count" prints how many pictures a folder has',
    ]
    for each in (
        lines,
        [line[0].upper() + line[1:] for line in lines],
        [f"{line[0].upper()}{line[1:]}." for line in lines],
    ):
        assert texts("peek - looks at pictures", "", "I just want to see my photos.", "", *each) == each


def test_lines_that_go_on_from_the_one_before_are_one_statement():
    long = "The door must open for every card that the reader knows, and write the hour, the name and the floor into the book"
    rest = ["if the reader has power", "unless the guard has locked the door from inside"]
    assert texts("# Doors", "## Requirements", long, *rest) == [" ".join([long, *rest])]
    assert texts(
        "# Doors", "## Requirements", "The door must open for the", "card of the guard", "and stay open", "at night"
    ) == ["The door must open for the card of the guard and stay open at night"]
    wrapped = ["The door stays open for as long as somebody stands in", "it, and it closes when nobody has been seen for half a", "minute; then it is locked until the guard opens it"]  # fmt: skip
    assert texts("# Doors", "## Requirements", *wrapped) == [" ".join(wrapped)]


def test_the_sentences_behind_a_need_may_be_plain():
    assert texts("# Kiosk", "", "The tool needs a printer. Tickets include the fare. A number never comes twice. We have three.") == [
        "The tool needs a printer.", "Tickets include the fare.", "A number never comes twice.",
    ]  # fmt: skip


def test_an_abbreviation_may_be_the_last_word_of_a_sentence():
    assert texts("# Ferry", "## Requirements", "Bags weigh 20 kg max. The bag of a child may weigh max. 10 kg. It must take bags, boxes etc. Dogs must be on a lead.") == [
        "Bags weigh 20 kg max.", "The bag of a child may weigh max. 10 kg.", "It must take bags, boxes etc.", "Dogs must be on a lead.",
    ]  # fmt: skip
