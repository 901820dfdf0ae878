/// The words of a name such as `HTTPServer`, `http_server`, `http server`, as xstrings 1.3, which Sprig uses, finds them.
struct NameWords {
    private enum Kind {
        case end, number, upperCase, alphabet, connector, punctuation, other
    }

    private let runes: [Unicode.Scalar]
    private let connector: Unicode.Scalar
    private var position = 0
    private var kind = Kind.end
    private var word: Range<Int> = 0..<0
    private var out: [Unicode.Scalar] = []

    /// Lower case with a connector between the words; digits go with the word before or behind them.
    static func joined(_ text: GoString, with connector: Unicode.Scalar) -> GoString {
        var words = NameWords(runes: GoText.runes(text), connector: connector)
        words.join()
        return GoText.bytes(words.out)
    }

    private init(runes: [Unicode.Scalar], connector: Unicode.Scalar) {
        self.runes = runes
        self.connector = connector
        out.reserveCapacity(runes.count + runes.count / 4)
    }

    private mutating func join() {
        next()
        while position < runes.count {
            if kind != .connector { write() }
            let (previous, last) = (kind, word)
            next()
            switch previous {
            case .number: writeDigitsAndLetters()
            case .connector: write(.connector, last)
            case .punctuation: break
            default: joinBehindLetters()
            }
        }
        write()
    }

    private mutating func joinBehindLetters() {
        guard kind == .number else {
            if kind != .connector, kind != .punctuation { out.append(connector) }
            return
        }
        guard position < runes.count else { return }
        let digits = word
        next()
        // Bld4Floor: the number belongs to the word before it; http2xx: to the letters behind it.
        guard kind == .alphabet else {
            write(.number, digits)
            if kind != .connector, kind != .punctuation { out.append(connector) }
            return
        }
        out.append(connector)
        write(.number, digits)
        writeDigitsAndLetters()
    }

    private mutating func writeDigitsAndLetters() {
        while kind == .alphabet || kind == .number {
            write()
            next()
        }
        if kind != .end, kind != .punctuation, kind != .connector { out.append(connector) }
    }

    private mutating func write() { write(kind, word) }

    private mutating func write(_ kind: Kind, _ word: Range<Int>) {
        guard kind == .upperCase || kind == .connector else {
            out += runes[word]
            return
        }
        for rune in runes[word] {
            out.append(Self.isConnector(rune) ? connector : GoText.isUpper(rune) ? GoText.lower(rune) : rune)
        }
    }
}

// Finding the words.
extension NameWords {
    private mutating func next() {
        let start = position
        guard let first = take("\u{FFFD}"), first != "\u{FFFD}" else {
            (kind, word) = (.end, start..<position)
            return
        }
        if Self.isConnector(first) {
            (kind, _) = (.connector, skip(first, while: Self.isConnector))
        } else if GoText.isPunctuation(first) {
            (kind, _) = (.punctuation, skip(first, while: GoText.isPunctuation))
        } else if GoText.isUpper(first) {
            kind = .upperCase
            skipUpperCase(first)
        } else if Self.isAlphabet(first) {
            (kind, _) = (.alphabet, skip(first, while: Self.isLowerAlphabet))
        } else if GoText.isNumber(first) {
            (kind, _) = (.number, skip(first, while: GoText.isNumber))
        } else {
            (kind, _) = (.other, skip(first, while: Self.isOther))
        }
        word = start..<position
    }

    /// The next letter; what is no letter at all is passed over, and counts as the one before it.
    private mutating func take(_ previous: Unicode.Scalar) -> Unicode.Scalar? {
        guard position < runes.count else { return nil }
        while position < runes.count {
            position += 1
            if runes[position - 1] != "\u{FFFD}" { return runes[position - 1] }
        }
        return previous
    }

    /// Goes on while letters fit; answers where the last of them began, and the letter that does not fit.
    @discardableResult
    private mutating func skip(
        _ first: Unicode.Scalar, while fits: (Unicode.Scalar) -> Bool
    ) -> (last: Int?, stop: Unicode.Scalar?) {
        var previous = first, last: Int?
        while true {
            let start = position
            guard let rune = take(previous) else { return (last, nil) }
            guard fits(rune) else {
                position = start
                return (last, rune)
            }
            (previous, last) = (rune, start)
        }
    }

    /// `HTTPStatus` is `HTTP` and `Status`, `Status` is one word.
    private mutating func skipUpperCase(_ first: Unicode.Scalar) {
        let (last, stop) = skip(first, while: GoText.isUpper)
        guard let stop, Self.isAlphabet(stop) else { return }
        if let last {
            position = last
        } else {
            skip(stop, while: Self.isLowerAlphabet)
        }
    }

    private static func isConnector(_ rune: Unicode.Scalar) -> Bool { rune == "_" || rune == "-" || GoText.isSpace(rune) }

    private static func isLowerAlphabet(_ rune: Unicode.Scalar) -> Bool { isAlphabet(rune) && !GoText.isUpper(rune) }

    private static func isOther(_ rune: Unicode.Scalar) -> Bool {
        !(isConnector(rune) || isAlphabet(rune) || GoText.isNumber(rune) || GoText.isPunctuation(rune))
    }

    /// Letters, but not those of Chinese, Japanese and Korean.
    private static func isAlphabet(_ rune: Unicode.Scalar) -> Bool {
        guard GoText.isLetter(rune) else { return false }
        switch rune.value {
        case 0x4E00...0x9FCC, 0x3400...0x4D85, 0x20000...0x2B81D: return false
        default: return true
        }
    }

    /// Every word begins with a capital, the rest of it is lower case, and one connector between two words is dropped.
    static func pascalCase(_ text: GoString) -> GoString {
        let runes = GoText.runes(text)
        guard let first = runes.firstIndex(where: { !isConnector($0) }) else {
            return GoText.bytes(runes + runes.suffix(1))
        }
        var out = Array(runes[..<first]), current = GoText.upper(runes[first])
        for rune in runes[(first + 1)...] {
            let previous = current
            current = rune
            if isConnector(previous) {
                if isConnector(rune) { out.append(previous) } else { current = GoText.upper(rune) }
            } else {
                current = GoText.lower(rune)
                out.append(previous)
            }
        }
        return GoText.bytes(out + [current])
    }
}
