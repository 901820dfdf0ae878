import PlatformModel
import Testing
import YAML

@Suite struct YAMLScalarTests {
    @Test(
        arguments: [
            ("yes", .string("yes")), ("on", .string("on")), ("No", .string("No")), ("y", .string("y")),
            ("true", .bool(true)), ("FALSE", .bool(false)), ("tRue", .string("tRue")),
            ("~", .null), ("null", .null), ("Null", .null), ("nULL", .string("nULL")), ("", .null),
            ("0", .int(0)), ("-0", .int(0)), ("+12", .int(12)), ("0o17", .int(15)), ("017", .int(15)), ("0x1F", .int(31)),
            ("-0x1f", .int(-31)),
            ("0b101", .int(5)), ("1_000", .int(1000)), ("089", .double(89)), ("0x", .string("0x")), ("--1", .string("--1")),
            ("0o9", .string("0o9")), ("9223372036854775807", .int(.max)),
            ("18446744073709551615", .double(18_446_744_073_709_551_616)),
            ("1.5", .double(1.5)), (".5", .double(0.5)), ("1.", .double(1)), ("1e3", .double(1000)),
            ("+.inf", .double(.infinity)),
            ("-.INF", .double(-.infinity)), (".", .string(".")), ("1.2.3", .string("1.2.3")), ("1e", .string("1e")),
            ("-", .string("-")),
            ("2026-11-21", .string("2026-11-21")), ("12:30", .string("12:30")), ("0.0.0.0/0", .string("0.0.0.0/0")),
            ("nan", .string("nan")),
        ] as [(String, JSON)])
    func plainScalarsResolveAsInGo(text: String, expected: JSON) throws {
        #expect(YAMLScalar.value(of: text, style: .plain) == expected)
        #expect(YAMLScalar.value(of: text, style: .quoted) == .string(text))
    }

    @Test func tagsDecide() throws {
        let node = try YAMLDocument.parse(Array("[!!str 3, !!float 3, ! 3, !!int \"3\", !!null '', '3']".utf8), file: "a")
        #expect(node.json == ["3", 3.0, "3", 3, nil, "3"])
        #expect(node[1]?.json == .double(3))
    }
}
