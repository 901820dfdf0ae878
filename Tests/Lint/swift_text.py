"""Swift source as lines of code, strings and comments, told apart without a compiler."""

import re

_INTERESTING = re.compile(r'//|/\*|#*"')


class SwiftText:
    """`code`: the source with comments and the insides of strings blanked, lines kept. Interpolations stay code."""

    def __init__(self, source):
        self.lines = source.split("\n")
        self._source = source
        self._code = list(source)
        self.strings = []  # (line, content)
        self.commented = set()  # numbers of lines with a comment
        self._scan(0, len(source), None)
        self.code = "".join(self._code)
        self.code_lines = self.code.split("\n")

    def line(self, offset):
        return self._source.count("\n", 0, offset) + 1

    def _blank(self, start, end):
        for index in range(start, end):
            if self._code[index] != "\n":
                self._code[index] = " "

    def _scan(self, at, end, closing):
        """Code from `at`; with `closing`, to the parenthesis that ends an interpolation. Returns the offset behind it."""
        source, depth = self._source, 0
        while at < end:
            character = source[at]
            if closing and character in "()":
                depth += 1 if character == "(" else -1
                if depth < 0:
                    return at + 1
            found = _INTERESTING.match(source, at) if character in '/#"' else None
            if not found:
                at += 1
            elif found.group() == "//":
                at = self._comment(at, source.find("\n", at) if "\n" in source[at:] else end)
            elif found.group() == "/*":
                at = self._comment(at, self._block_end(at, end))
            else:
                at = self._string(at, found.group(), end)
        return at

    def _comment(self, start, end):
        for number in range(self.line(start), self.line(end) + 1):
            self.commented.add(number)
        self._blank(start, end)
        return end

    def _block_end(self, at, end):
        depth = 0
        for found in re.compile(r"/\*|\*/").finditer(self._source, at):
            depth += 1 if found.group() == "/*" else -1
            if depth == 0:
                return found.end()
        return end

    def _string(self, start, opening, end):
        source, hashes = self._source, "#" * (len(opening) - 1)
        quotes = '"""' if source.startswith('"""', start + len(hashes)) else '"'
        at = inside = start + len(hashes) + len(quotes)
        kept = []
        while at < end and not source.startswith(quotes + hashes, at):
            if source.startswith("\\" + hashes, at):
                at += 1 + len(hashes)
                if at < end and source[at] == "(":
                    kept.append(source[inside : at - 1 - len(hashes)])
                    self._blank(inside, at)
                    at = inside = self._scan(at + 1, end, ")")
                    continue
            elif source[at] == "\n" and quotes == '"':
                break
            at += 1
        kept.append(source[inside:at])
        self._blank(inside, at)
        self.strings.append((self.line(start), " ".join(kept)))
        return at + len(quotes) + len(hashes)
