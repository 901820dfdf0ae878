import PlatformModel
import Testing

@testable import Templating

/// A template is input from outside: none may take the process down.
@Suite(.timeLimit(.minutes(10))) struct TemplateLimitsTests {
    @Test(arguments: [
        "{{ repeat 100000000 \"x\" }}", "{{ repeat 9223372036854775807 \"xx\" }}", "{{ indent 100000000 \"x\" }}",
        "{{ until 100000000 }}", "{{ untilStep -9223372036854775807 9223372036854775807 1 }}", "{{ seq 100000000 }}",
        "{{ randAlphaNum 100000000 }}", "{{ randBytes 100000000 }}", "{{ printf \"%1000000d%1000000d\" 1 1 }}",
        "{{ printf \"%999999v\" (until 10000) }}", "{{ printf \"%*v\" 999999 (until 10000) }}",
        "{{ range 100000000 }}x{{ end }}", "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}",
        "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
        "{{ define \"a\" }}{{ template \"a\" . }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
        "{{ $x := \"x\" }}{{ range until 100 }}{{ $x = printf \"%s%s\" $x $x }}{{ end }}",
        "{{ $x := list 1 }}{{ range until 100 }}{{ $x = concat $x $x }}{{ end }}",
        "{{ $x := list 1 }}{{ range until 1000 }}{{ $x = list $x }}{{ end }}",
        "{{ $x := dict }}{{ range until 1000 }}{{ $x = dict \"a\" $x }}{{ end }}{{ toJson $x }}",
        "{{ $x := list 1 }}{{ range until 40 }}{{ $x = list $x $x }}{{ end }}",
        "{{ replace \"\" (repeat 1000000 \"x\") (repeat 1000000 \"y\") }}",
    ])
    func bounds(_ text: String) throws {
        let template = try Template.parse(text, name: "t")
        #expect { try template.render([:], environment: .fixed) } throws: { ($0 as? TemplateError)?.code == "TPL-003" }
    }

    @Test(
        "Reading much again and again is bounded, whatever becomes of it",
        arguments: [
            "{{ $x := repeat 100000 \"a\" }}{{ range until 10000 }}{{ $y := upper $x }}{{ end }}",
            "{{ $x := repeat 100000 \"a\" }}{{ range until 10000 }}{{ $y := contains \"b\" $x }}{{ end }}",
            "{{ $x := until 10000 }}{{ range $x }}{{ $y := sortAlpha $x }}{{ end }}",
            "{{ $x := until 10000 }}{{ range $x }}{{ $y := has . $x }}{{ end }}",
            "{{ range until 10000 }}{{ $y := printf \"%99999d\" 1 }}{{ end }}",
            "{{ range until 10000 }}{{ $y := regexFind (printf \"a{900}%d\" .) \"aaaa\" }}{{ end }}",
            "{{ range until 10000 }}{{ $y := semverCompare (repeat 100 \">1 \") \"1\" }}{{ end }}",
            "{{ $x := repeat 100000 \"aB \" }}{{ range until 10000 }}{{ $y := snakecase $x }}{{ end }}",
            "{{ fromYaml (print \"a: &a [1,1,1,1,1,1,1,1]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\\ne: [*d,*d,*d,*d,*d,*d,*d,*d]\") }}",
            "{{ fromYaml (repeat 1000 \"- \") }}", "{{ fromJson (repeat 1000 \"[\") }}",
        ])
    func reading(_ text: String) throws {
        let template = try Template.parse(text, name: "t")
        let environment = TemplateEnvironment.fixed.limited(to: TemplateLimits(steps: 100_000))
        #expect { try template.render([:], environment: environment) } throws: {
            ($0 as? TemplateError)?.code == "TPL-003"
        }
    }

    @Test(
        "Regular expressions are bounded in size and in work",
        arguments: [
            "{{ regexFind \"(((a{10}){10}){10})*(b{1000})*(c{1000})*d{1000}\" (repeat 100000 \"a\") }}",
            "{{ regexFind (repeat 100000 \"a{1000}\") \"a\" }}", "{{ regexMatch (repeat 1000 \"(a{10}){100}\") \"a\" }}",
            "{{ regexFind (repeat 90000 \"a?\") (repeat 90000 \"a\") }}",
            "{{ regexReplaceAll \"a\" (repeat 10000 \"a\") (repeat 1000 \"$0\") }}",
            "{{ regexReplaceAll (repeat 10000 \"(a)?\") \"a\" \"$9999\" }}",
            "{{ $t := repeat 20000 \"a\" }}{{ regexFindAll \"a*?b|a\" $t -1 | len }}",
            "{{ regexSplit \"\" (repeat 100000 \"x\") -1 | len }}",
        ])
    func regexes(_ text: String) throws {
        let template = try Template.parse(text, name: "t")
        let environment = TemplateEnvironment.fixed.limited(to: TemplateLimits(steps: 20_000))
        #expect { try template.render([:], environment: environment) } throws: {
            ($0 as? TemplateError)?.code == "TPL-003"
        }
    }

    @Test("Groups as deep as Go allows neither trap nor take long")
    func regexNesting() throws {
        let text = "{{ regexFind (printf \"%sa%s\" (repeat 900 \"(\") (repeat 900 \")\")) \"bab\" }}"
        #expect(try Template.parse(text, name: "t").render([:], environment: .fixed) == "a")
        let deeper = text.replacing("900", with: "5000")
        #expect { try Template.parse(deeper, name: "t").render([:], environment: .fixed) } throws: {
            ($0 as? TemplateError)?.message.contains("expression nests too deeply") ?? false
        }
    }

    @Test("Nesting in the text is bounded, and a hundred levels fit the stack")
    func nesting() throws {
        func nested(_ open: String, _ close: String, _ count: Int) -> String {
            String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
        }
        #expect(try Template.parse(nested("{{if 1}}", "{{end}}", 90), name: "t").render([:], environment: .fixed) == "1")
        #expect(
            try Template.parse("{{\(nested("(", ")", 90))}}", name: "t").render([:], environment: .fixed) == "1")
        for text in [nested("{{if 1}}", "{{end}}", 100_000), "{{\(nested("(", ")", 100_000))}}"] {
            #expect { try Template.parse(text, name: "t") } throws: { ($0 as? TemplateError)?.code == "TPL-003" }
        }
    }

    @Test("Very many words, and very many variables, end soon")
    func many() throws {
        func code(_ text: String) -> String? {
            do throws(TemplateError) {
                _ = try Template.parse(text, name: "t").render([:], environment: .fixed)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(String(repeating: "{{.a}}", count: 100_000)) == "TPL-003")
        let declared = (0..<20_000).map { "{{$a\($0):=1}}" }.joined()
        #expect(code(declared + String(repeating: "{{$a0}}", count: 20_000)) == "TPL-003")
        #expect(code(declared) == nil)
        #expect(code(declared + String(repeating: "{{if 1}}{{$b:=1}}{{end}}", count: 3000)) == nil)
    }

    @Test("Recursion is as deep as the limit says")
    func recursion() throws {
        let text =
            "{{ define \"a\" }}{{ if gt . 0 }}{{ template \"a\" (int (sub . 1)) }}{{ end }}x{{ end }}{{ template \"a\" 98 }}"
        #expect(try Template.parse(text, name: "t").render([:], environment: .fixed).utf8.count == 99)
    }

    @Test("No text makes the parser trap")
    func mutilated() {
        let seeds = GoRecording.go.cases.map(\.template)
        for seed in seeds {
            let bytes = Array(seed.utf8)
            for cut in stride(from: 0, to: bytes.count, by: 7) {
                let texts = [
                    Array(bytes[..<cut]), Array(bytes[cut...]), Array(bytes[..<cut]) + bytes[min(cut + 2, bytes.count)...],
                ]
                for text in texts {
                    let template = try? Template.parse(String(decoding: text, as: UTF8.self), name: "t")
                    _ = try? template?.render(GoRecording.go.data, environment: .fixed)
                }
            }
        }
    }
}
