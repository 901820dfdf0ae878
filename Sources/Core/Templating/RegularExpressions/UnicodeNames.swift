/// The names that `\p{...}` takes: Go's categories with their long names, and Unicode's scripts.
enum UnicodeNames {
    /// The content of a class; nil for an unknown name.
    static func content(_ name: String) -> (content: ScalarClass.Content, isNegated: Bool)? {
        let name = canonical(name)
        switch name {
        case "Any": return (.ranges([0...0x10FFFF]), false)
        case "Ascii": return (.ranges([0...0x7F]), false)
        case "Assigned": return (.categories([.unassigned]), true)
        default: break
        }
        if let categories = categories[name] ?? longNames[name].flatMap({ categories[$0] }) {
            return (.categories(categories), false)
        }
        guard let script = scriptsByCanonicalName[name], let regex = try? Regex("\\p{Script=\(script)}") else { return nil }
        return (.script(regex), false)
    }

    /// A capital, then small letters, without spaces, hyphens and underscores.
    private static func canonical(_ name: String) -> String {
        var letters = name.unicodeScalars.filter { $0 != "_" && $0 != "-" && $0 != " " }.map { scalar in
            ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar
        }
        if let first = letters.first, ("a"..."z").contains(first) { letters[0] = Unicode.Scalar(UInt8(first.value) ^ 0x20) }
        return String(String.UnicodeScalarView(letters))
    }

    private static let categories: [String: Set<Unicode.GeneralCategory>] = {
        let single: [String: Unicode.GeneralCategory] = [
            "Lu": .uppercaseLetter, "Ll": .lowercaseLetter, "Lt": .titlecaseLetter, "Lm": .modifierLetter, "Lo": .otherLetter,
            "Mn": .nonspacingMark, "Mc": .spacingMark, "Me": .enclosingMark, "Nd": .decimalNumber, "Nl": .letterNumber,
            "No": .otherNumber, "Pc": .connectorPunctuation, "Pd": .dashPunctuation, "Ps": .openPunctuation,
            "Pe": .closePunctuation, "Pi": .initialPunctuation, "Pf": .finalPunctuation, "Po": .otherPunctuation,
            "Sm": .mathSymbol, "Sc": .currencySymbol, "Sk": .modifierSymbol, "So": .otherSymbol, "Zs": .spaceSeparator,
            "Zl": .lineSeparator, "Zp": .paragraphSeparator, "Cc": .control, "Cf": .format, "Cs": .surrogate, "Co": .privateUse,
            "Cn": .unassigned,
        ]
        var all = single.mapValues { Set([$0]) }
        for (name, category) in single { all[String(name.prefix(1)), default: []].insert(category) }
        all["Lc"] = [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter]
        return all
    }()

    private static let longNames: [String: String] = [
        "Letter": "L", "Uppercaseletter": "Lu", "Lowercaseletter": "Ll", "Titlecaseletter": "Lt", "Casedletter": "Lc",
        "Modifierletter": "Lm", "Otherletter": "Lo", "Mark": "M", "Combiningmark": "M", "Nonspacingmark": "Mn",
        "Spacingmark": "Mc", "Enclosingmark": "Me", "Number": "N", "Decimalnumber": "Nd", "Digit": "Nd", "Letternumber": "Nl",
        "Othernumber": "No", "Punctuation": "P", "Punct": "P", "Connectorpunctuation": "Pc", "Dashpunctuation": "Pd",
        "Openpunctuation": "Ps", "Closepunctuation": "Pe", "Initialpunctuation": "Pi", "Finalpunctuation": "Pf",
        "Otherpunctuation": "Po", "Symbol": "S", "Mathsymbol": "Sm", "Currencysymbol": "Sc", "Modifiersymbol": "Sk",
        "Othersymbol": "So", "Separator": "Z", "Spaceseparator": "Zs", "Lineseparator": "Zl", "Paragraphseparator": "Zp",
        "Other": "C", "Control": "Cc", "Cntrl": "Cc", "Format": "Cf", "Surrogate": "Cs", "Privateuse": "Co", "Unassigned": "Cn",
    ]

    private static let scriptsByCanonicalName: [String: String] = {
        Dictionary(scripts.split(separator: " ").map { (canonical(String($0)), String($0)) }) { first, _ in first }
    }()

    private static let scripts = """
        Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Beria_Erfe \
        Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee \
        Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan \
        Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Garay Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi \
        Gurmukhi Gurung_Khema Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited \
        Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi \
        Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian \
        Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui \
        Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari \
        New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic Old_North_Arabian \
        Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong \
        Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham \
        Sidetic SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar Syloti_Nagri Syriac Tagalog Tagbanwa \
        Tai_Le Tai_Tham Tai_Viet Tai_Yo Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Todhri \
        Tolong_Siki Toto Tulu_Tigalari Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square
        """
}
