/// Text on its way through JSON into a reader of YAML: that way `sigs.k8s.io/yaml` takes, and not every character survives it.
enum GoYAMLInput {
    /// Whether a key arrives: on one line, and within the 1024 characters in which YAML looks for the `:`.
    static func receives(key: String) -> Bool {
        !key.unicodeScalars.contains("\u{85}") && received(key) != nil && GoJSON().text(.string(key)).count <= 1024
    }

    /// The text as it arrives; nil when the reader refuses it.
    static func received(_ text: String) -> String? {
        var scalars: [Unicode.Scalar] = [], breaks = 0
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x7F...0x84, 0x86...0x9F, 0xFFFE, 0xFFFF: return nil
            // A line break of YAML that JSON does not escape: it folds with the blanks around it.
            case 0x85:
                while breaks == 0, scalars.last == " " { scalars.removeLast() }
                breaks += 1
            case 0x20 where breaks > 0: break
            default:
                if breaks > 0 { scalars += breaks == 1 ? [" "] : Array(repeating: "\n", count: breaks - 1) }
                breaks = 0
                scalars.append(scalar)
            }
        }
        if breaks > 0 { scalars += breaks == 1 ? [" "] : Array(repeating: "\n", count: breaks - 1) }
        return GoText.text(GoText.bytes(scalars))
    }
}
