/// The words of a command line as Compose splits it: blanks separate, quotes and backslashes hold together, nothing is expanded.
enum ShellWords {
    /// Nil where a quote is never closed.
    static func split(_ text: String) -> [String]? {
        var words: [String] = [], word = "".unicodeScalars, isInWord = false
        var quote: Unicode.Scalar?, isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                if quote == "\"", !"\"\\$`\n".unicodeScalars.contains(scalar) { word.append("\\") }
                if scalar != "\n" { word.append(scalar) }
                isEscaped = false
            } else if scalar == "\\", quote != "'" {
                (isEscaped, isInWord) = (true, true)
            } else if let open = quote {
                if scalar == open { quote = nil } else { word.append(scalar) }
            } else if scalar == "'" || scalar == "\"" {
                (quote, isInWord) = (scalar, true)
            } else if scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" {
                if isInWord { words.append(String(word)) }
                (word, isInWord) = ("".unicodeScalars, false)
            } else {
                word.append(scalar)
                isInWord = true
            }
        }
        guard quote == nil, !isEscaped else { return nil }
        if isInWord { words.append(String(word)) }
        return words
    }
}
