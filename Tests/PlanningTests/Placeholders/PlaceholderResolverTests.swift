import Planning
import PlatformModel
import Testing

/// Looks names up in a table; `secret.*` are secrets.
private struct TableScope: PlaceholderScope {
    static let reference = SecretReference(ref: "db/password")
    var table: [String: JSON] = ["n": 3, "s": "text", "o": ["b": 1, "a": [true, .null]], "tricky": "${n}", "none": .null]

    func value(of placeholder: Placeholder) throws(LookupFailure) -> ResolvedDocument {
        if placeholder.path == ["secret"] { return ResolvedDocument(secret: Self.reference) }
        if placeholder.path == ["mixed"] {
            return ResolvedDocument(
                ["host": "h", "password": .null], slots: [SecretSlot(pointer: "/password", parts: [.reference(Self.reference)])])
        }
        guard let value = table[placeholder.family] else {
            throw LookupFailure("PLAN-102", "unknown", suggestion: nearestName(to: placeholder.family, among: table.keys))
        }
        return ResolvedDocument(value)
    }
}

struct PlaceholderResolverTests {
    @Test(
        arguments: [
            ("${n}", 3), ("a${n}", "a3"), ("${s}${s}", "texttext"), ("${o}", ["b": 1, "a": [true, .null]]),
            ("x${o}", #"x{"a":[true,null],"b":1}"#), ("${none}", .null), ("<${none}>", "<null>"), ("${tricky}", "${n}"),
            ("${tricky}!", "${n}!"), (#"$\{n}"#, "${n}"), ("", ""), (["${n}", ["k": "${s}"]], [3, ["k": "text"]]),
            (["${n}": "${n}"], ["${n}": 3]), ([1, true, .null], [1, true, .null]),
        ] as [(JSON, JSON)])
    func resolves(_ document: JSON, _ expected: JSON) throws {
        let result = try PlaceholderResolver.resolve(document, in: TableScope(), place: "here")
        #expect(result == ResolvedDocument(expected))
    }

    @Test func aSecretLeavesASlot() throws {
        let document: JSON = [
            "alone": "${secret}", "url": "postgres://${s}:${secret}@h/${n}", "list": ["${mixed}"], "a/b": "${secret}${secret}",
        ]
        let result = try PlaceholderResolver.resolve(document, in: TableScope(), place: "here")
        let secret = SecretPart.reference(TableScope.reference)
        #expect(result.document == ["alone": .null, "url": .null, "list": [["host": "h", "password": .null]], "a/b": .null])
        #expect(
            result.slots == [
                SecretSlot(pointer: "/a~1b", parts: [secret, secret]), SecretSlot(pointer: "/alone", parts: [secret]),
                SecretSlot(pointer: "/list/0/password", parts: [secret]),
                SecretSlot(pointer: "/url", parts: [.text("postgres://text:"), secret, .text("@h/3")]),
            ])
    }

    @Test func reportsAllThatFails() {
        let document: JSON = ["a": "${nn}", "b": "x\n ${tex}", "c": ["${", "${n} ${mixed}"], "d": "${n}"]
        let error = #expect(throws: PlanningError.self) {
            try PlaceholderResolver.resolve(document, in: TableScope(), place: "modules.web.spec")
        }
        #expect(
            error?.problems.map { "\($0.code) \($0.path) \($0.suggestion ?? "-")" } == [
                "PLAN-102 modules.web.spec /a:1:1 n", "PLAN-102 modules.web.spec /b:2:2 -",
                "PLAN-101 modules.web.spec /c/0:1:1 -",
                "PLAN-108 modules.web.spec /c/1:1:6 -",
            ], "\(error?.description ?? "")")
    }
}
