import PlatformModel
import Testing

@testable import Templating

/// Sprig's documented answers, for what Go's own library does not give.
@Suite struct SprigTests {
    private static let data: JSON = [
        "n": 3, "s": "hi", "z": "", "nil": nil, "l": ["a", "b", 3, "a", ""], "m": ["x": 1, "y": ["z": "deep"]], "e": [],
        "clamp": "clamp", "deep": ["a": ["b": ["c": "found"]]],
    ]

    private func render(_ template: String) throws(TemplateError) -> String {
        try Template.parse(template, name: "t").render(Self.data, environment: .fixed)
    }

    @Test(
        arguments: [
            // Lists
            ("{{ first .l }} {{ last (list 1 2) }} {{ initial .l }} {{ rest (list 1 2 3) }}", "a 2 [a b 3 a] [2 3]"),
            ("{{ first .e }} {{ last .e }} {{ initial .e }} {{ list | first }}", "<no value> <no value> [] <no value>"),
            ("{{ append (list 1) 2 }} {{ prepend (list 1) 2 }} {{ concat (list 1) .e (list (list 2)) }}", "[1 2] [2 1] [1 [2]]"),
            (
                "{{ uniq .l }} {{ without .l \"a\" }} {{ without .l \"a\" \"b\" }} {{ compact .l }}",
                "[a b 3 ] [b 3 ] [3 ] [a b 3 a]"
            ),
            (
                "{{ has \"a\" .l }} {{ has 3 .l }} {{ has 3.0 .l }} {{ .l | has \"zz\" }} {{ has 1 nil }}",
                "true false true false false"
            ),
            ("{{ slice .l 1 3 }} {{ slice .l 2 }} {{ slice .l }} {{ slice \"hello\" 1 3 }}", "[b 3] [3 a ] [a b 3 a ] el"),
            (
                "{{ chunk 2 (list 1 2 3) }} {{ reverse (list 1 2 3) }} {{ sortAlpha (list \"c\" 1 \"b\") }}",
                "[[1 2] [3]] [3 2 1] [1 b c]"
            ),
            (
                "{{ join \"-\" .l }} {{ join \",\" (list 1 true nil \"x\") }} {{ join \"-\" .s }} {{ join \"-\" nil }}|",
                "a-b-3-a- 1,true,x hi |"
            ),
            (
                "{{ tuple 1 2 }} {{ toStrings (list 1 2) }} {{ kindOf (toStrings (list 1)) }} {{ seq 3 }}",
                "[1 2] [1 2] slice 1 2 3"
            ),
            (
                "{{ seq 0 2 }}|{{ seq 2 0 }}|{{ seq 0 2 6 }}|{{ seq -3 }}|{{ seq 5 1 1 }}|{{ seq 10 -5 0 }}",
                "0 1 2|2 1 0|0 2 4 6|1 0 -1 -2 -3||10 5 0"
            ),
            (
                "{{ until 3 }} {{ until -3 }} {{ untilStep 3 6 2 }} {{ untilStep 3 0 1 }} {{ untilStep 0 3 0 }}",
                "[0 1 2] [0 -1 -2] [3 5] [] []"
            ),
            // Dicts
            (
                "{{ $d := dict \"a\" 1 \"b\" }}{{ $d }} {{ get $d \"a\" }} {{ get $d \"zz\" }}| {{ hasKey $d \"b\" }}",
                "map[a:1 b:] 1 | true"
            ),
            (
                "{{ keys .m .deep | sortAlpha }} {{ values .m }} {{ pick .m \"x\" \"no\" }} {{ omit .m \"x\" }}",
                "[a x y] [1 map[z:deep]] map[x:1] map[y:map[z:deep]]"
            ),
            ("{{ pluck \"x\" .m (dict \"x\" 2) (dict) }} {{ unset (dict \"a\" 1 \"b\" 2) \"a\" }}", "[1 2] map[b:2]"),
            (
                "{{ dig \"a\" \"b\" \"c\" \"none\" .deep }} {{ dig \"a\" \"q\" \"c\" \"none\" .deep }} {{ .deep | dig \"a\" \"b\" nil }}",
                "found none map[c:found]"
            ),
            (
                "{{ merge (dict \"a\" 1 \"n\" (dict \"p\" 1)) (dict \"a\" 2 \"b\" 3 \"n\" (dict \"p\" 2 \"q\" 2)) }}",
                "map[a:1 b:3 n:map[p:1 q:2]]"
            ),
            (
                "{{ mergeOverwrite (dict \"a\" 1 \"n\" (dict \"p\" 1)) (dict \"a\" 2 \"n\" (dict \"q\" 2)) (dict \"a\" 9) }}",
                "map[a:9 n:map[p:1 q:2]]"
            ),
            ("{{ merge (dict \"a\" \"\" \"b\" 0) (dict \"a\" \"x\" \"b\" 7) }}", "map[a:x b:7]"),
            (
                "{{ $a := dict \"x\" (dict \"y\" 1) }}{{ $b := deepCopy $a }}{{ $_ := set $b.x \"y\" 2 }}{{ $a }}{{ $b }}",
                "map[x:map[y:1]]map[x:map[y:2]]"
            ),
            // Defaults
            (
                "{{ coalesce \"\" 0 .nil \"x\" }} {{ coalesce }} {{ empty .e }} {{ empty 0 }} {{ empty now }} {{ ternary 1 2 true }} {{ false | ternary \"a\" \"b\" }}",
                "x <no value> true true false 1 b"
            ),
            ("{{ all 1 \"a\" }} {{ all 1 \"\" }} {{ any 0 \"a\" }} {{ any }} {{ all }}", "true false true false true"),
            // Numbers
            (
                "{{ add 1 2 \"3\" }} {{ sub 5 .n }} {{ mul 2 3 4 }} {{ div 7 2 }} {{ mod 7 3 }} {{ add1 .n }} {{ max 1 5 3 }} {{ min 4 2 9 }}",
                "6 2 24 3 1 4 5 2"
            ),
            (
                "{{ addf 0.1 0.2 }} {{ subf 1.5 2 0.5 }} {{ mulf 1.1 3 }} {{ divf 10 4 }} {{ divf 1 3 }} {{ add1f 1.25 }}",
                "0.3 -1 3.3 2.5 0.3333333333333333 2.25"
            ),
            (
                "{{ floor 1.9 }} {{ ceil 1.1 }} {{ round 123.555555 3 }} {{ round 123.5555 2 }} {{ round 3.4 0 }} {{ maxf 1 2.5 }} {{ minf 1.5 2 }}",
                "1 2 123.556 123.56 3 2.5 1.5"
            ),
            (
                "{{ int \"12\" }} {{ int 3.9 }} {{ int64 \"x\" }} {{ float64 \"3.5\" }} {{ atoi \"42\" }} {{ atoi \"4x\" }} {{ toDecimal \"777\" }} {{ int true }} {{ int nil }}",
                "12 3 0 3.5 42 0 511 1 0"
            ),
            // Text
            (
                "{{ trunc 2 \"hello\" }} {{ trunc -2 \"hello\" }} {{ trunc 9 \"hi\" }} {{ substr 0 2 \"hello\" }} {{ substr 1 -1 \"hello\" }} {{ substr -1 2 \"hello\" }} {{ abbrev 5 \"hello world\" }}",
                "he lo hi he ello he he..."
            ),
            (
                "{{ nospace \" a b\\nc \" }} {{ initials \"First Try\" }} {{ cat \"a\" nil 1 .s }} {{ plural \"one\" \"many\" 1 }} {{ plural \"one\" \"many\" 2 }}",
                "abc FT a 1 hi one many"
            ),
            (
                "{{ squote \"a\" 1 }} {{ quote \"a\" .n }} {{ indent 2 \"a\\nb\" }}|{{ nindent 2 \"a\\nb\" }}|",
                "'a' '1' \"a\" \"3\"   a\n  b|\n  a\n  b|"
            ),
            ("{{ wrap 5 \"aa bb cc\" }}|{{ wrapWith 3 \"/\" \"abcdef gh\" }}", "aa bb\ncc|abc/def/gh"),
            (
                "{{ snakecase \"FirstName\" }} {{ snakecase \"HTTPServer\" }} {{ snakecase \"NoHTTPS\" }} {{ snakecase \"GO_PATH\" }} {{ snakecase \"http2xx\" }} {{ snakecase \"HTTP20xOK\" }} {{ snakecase \"Duration2m3s\" }} {{ snakecase \"Bld4Floor3rd\" }}",
                "first_name http_server no_https go_path http_2xx http_20x_ok duration_2m3s bld4_floor_3rd"
            ),
            (
                "{{ camelcase \"http_server\" }} {{ camelcase \"some words\" }} {{ camelcase \"GOLANG_IS_GREAT\" }} {{ kebabcase \"FirstName\" }}",
                "HttpServer SomeWords GolangIsGreat first-name"
            ),
            (
                "{{ title \"my day\" }} {{ untitle \"My Day\" }} {{ swapcase \"This Is A.Test\" }} {{ upper \"a\" }} {{ lower \"A\" }}",
                "My Day my day tHIS iS a.tEST A a"
            ),
            ("{{ (split \"$\" \"foo$bar$baz\")._1 }} {{ (splitn \"$\" 2 \"foo$bar$baz\")._1 }} {{ regexy | default \"\" }}", nil),
            // Types
            (
                "{{ kindOf \"a\" }} {{ kindOf .m }} {{ kindOf .l }} {{ kindOf 1 }} {{ kindOf nil }} {{ kindIs \"string\" .s }} {{ typeIs \"float64\" .n }} {{ typeIsLike \"string\" .s }}",
                "string map slice int invalid true true true"
            ),
            // Documents
            ("{{ toYaml .deep }}", "a:\n  b:\n    c: found"),
            ("{{ (fromYaml \"a: [1, yes]\\nb: {c: d}\").b.c }} {{ index (fromYaml \"a: [1, yes]\").a 1 | kindOf }}", "d bool"),
            (
                "{{ $u := urlParse \"http://u:p@h.test:80/a%20b?q=1#f\" }}{{ $u.scheme }} {{ $u.host }} {{ $u.hostname }} {{ $u.path }} {{ $u.query }} {{ $u.fragment }} {{ $u.userinfo }} {{ urlJoin $u }}",
                "http h.test:80 h.test /a b q=1 f u:p http://u:p@h.test:80/a%20b?q=1#f"
            ),
            // Time
            (
                "{{ now | date \"2006-01-02\" }} {{ htmlDate now }} {{ now | unixEpoch }} {{ now | dateModify \"-1.5h\" | date \"15:04\" }} {{ dateInZone \"15:04 MST\" now \"UTC\" }} {{ date \"2006\" 0 }}",
                "2026-03-07 2026-03-07 1772892309 12:35 14:05 UTC 1970"
            ),
        ] as [(String, String?)])
    func answers(_ template: String, _ expected: String?) throws {
        guard let expected else {
            #expect(throws: TemplateError.self) { try render(template) }
            return
        }
        #expect(try render(template) == expected)
    }

    @Test(
        "Random text has the asked length and letters, and follows the bytes",
        arguments: [
            ("randAlphaNum", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
            ("randAlpha", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"), ("randNumeric", "0123456789"),
        ])
    func random(_ function: String, _ alphabet: String) throws {
        let text = try render("{{ \(function) 400 }}")
        #expect(text.utf8.count == 400)
        #expect(Set(text).isSubset(of: Set(alphabet)))
        // 400 draws out of 62 letters miss one with a chance under one in a thousand, and the bytes are fixed.
        #expect(Set(text).count > alphabet.count * 9 / 10)
        #expect(try render("{{ \(function) 400 }}") == text)
        #expect(try render("{{ \(function) 9 }}{{ \(function) 9 }}").prefix(9) == text.prefix(9))
    }

    @Test func uuid() throws {
        let groups = try render("{{ uuidv4 }}").split(separator: "-")
        #expect(groups.map(\.utf8.count) == [8, 4, 4, 4, 12])
        #expect(groups[2].hasPrefix("4") && "89ab".contains(groups[3].prefix(1)))
    }

    @Test(
        "What reaches outside is refused by name, a misspelt name gets the nearest",
        arguments: [
            ("{{ env \"HOME\" }}", "function \"env\" is refused: a template does not see the environment", nil),
            ("{{ expandenv \"$HOME\" }}", "function \"expandenv\" is refused", nil),
            ("{{ getHostByName \"x\" }}", "function \"getHostByName\" is refused: a template does not use the network", nil),
            ("{{ toRawJsn 1 }}", "function \"toRawJsn\" not defined", "toRawJson"),
            ("{{ genPrivatKey \"rsa\" }}", "function \"genPrivatKey\" not defined", "genPrivateKey"),
        ] as [(String, String, String?)])
    func refused(_ template: String, _ message: String, _ suggestion: String?) {
        #expect {
            try render(template)
        } throws: { error in
            guard let error = error as? TemplateError else { return false }
            return error.code == "TPL-001" && error.message.contains(message) && error.line == 1 && error.column == 4
                && error.suggestion == suggestion
        }
    }

    @Test(
        "A dict cannot hold itself",
        arguments: [
            "{{ $d := dict }}{{ set $d \"d\" $d }}", "{{ $d := dict }}{{ set $d \"d\" (list (dict \"x\" $d)) }}",
            "{{ $d := dict }}{{ merge $d (dict \"x\" $d) }}",
            "{{ $d := dict \"x\" (dict \"p\" 1) }}{{ merge $d (dict \"x\" (dict \"q\" $d.x)) }}",
        ])
    func cycles(_ template: String) {
        #expect { try render(template) } throws: { ($0 as? TemplateError)?.message.contains("cannot hold itself") ?? false }
    }

    @Test func cutLetters() {
        #expect { try render("{{ trunc 1 \"é\" }}") } throws: { ($0 as? TemplateError)?.message.contains("not UTF-8") ?? false }
        #expect(throws: Never.self) { try render("{{ trunc 1 \"é\" | b64enc }}") }
    }
}
