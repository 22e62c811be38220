"""Headlines of other stories under a heading that says so, within a story or after it."""

from newsbeam.transforms.reading import Reading

SUBHEADING_WORDS = 4


def mark_links(reading: Reading) -> None:
    """Decides the lines under each heading of related stories; a block ends where sentences resume."""
    for index in range(reading.end):
        local = reading.local[index]
        if reading.kinds[index] != "related_posts" or local is None or not local.opens:
            continue
        follow = index + 1
        while follow < reading.end and _belongs(reading, index, follow):
            reading.mark(follow, "related_posts")
            follow += 1


def _belongs(reading: Reading, heading: int, index: int) -> bool:
    if reading.kinds[index] not in (None, "related_posts", "ad_slot"):
        return False
    line, local = reading.lines[index], reading.local[index]
    if local is not None:
        return local.kind in ("related_posts", "ad_slot")
    if index > reading.last:
        return line.listed or not line.story
    if not reading.is_headline(index):
        return False
    resumes = index > heading + 1 and line.words <= SUBHEADING_WORDS and not line.listed
    return not (resumes and reading.lines[index + 1].story)
