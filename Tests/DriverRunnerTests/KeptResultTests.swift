import Drivers
import PlatformModel
import PureDrivers
import ServiceAPI
import Testing

@testable import DriverRunner

@Suite struct KeptResultTests {
    static let secret = "s3cret-Value/1"

    struct Case: Sendable, CustomTestStringConvertible {
        var what: String
        var values: JSON
        var secrets: JSON = [:]
        var plain: JSON
        var tainted: JSON
        var testDescription: String { what }
    }

    static let cases: [Case] = [
        Case(what: "nothing", values: ["a": 1, "b": [:], "c": nil], plain: ["a": 1, "b": [:], "c": nil], tainted: [:]),
        Case(what: "itself", values: ["a": .string(secret), "b": "x"], plain: ["b": "x"], tainted: ["a": .string(secret)]),
        Case(
            what: "within a text", values: ["a": .string("u:\(secret)@h")], plain: [:], tainted: ["a": .string("u:\(secret)@h")]),
        Case(what: "percent-encoded", values: ["a": "u:s3cret-Value%2F1@h"], plain: [:], tainted: ["a": "u:s3cret-Value%2F1@h"]),
        Case(what: "base64", values: ["a": "czNjcmV0LVZhbHVlLzE="], plain: [:], tainted: ["a": "czNjcmV0LVZhbHVlLzE="]),
        Case(
            what: "a leaf of an object", values: ["o": ["p": .string(secret), "q": 2]], plain: ["o": ["q": 2]],
            tainted: ["o": ["p": .string(secret)]]),
        Case(
            what: "an element: the array", values: ["l": ["x", .string(secret)], "m": ["x"]], plain: ["m": ["x"]],
            tainted: ["l": ["x", .string(secret)]]),
        Case(
            what: "beside own secrets", values: ["o": ["p": .string(secret)]], secrets: ["o": ["q": "own"], "r": "own"],
            plain: [:],
            tainted: ["o": ["p": .string(secret), "q": "own"], "r": "own"]),
        Case(
            what: "an own secret keeps its place", values: ["p": .string(secret)], secrets: ["p": "own"], plain: [:],
            tainted: ["p": "own"]),
        Case(
            what: "a long own secret", values: ["u": "x:own-secret-of-mine@h"], secrets: ["p": "own-secret-of-mine"], plain: [:],
            tainted: ["u": "x:own-secret-of-mine@h", "p": "own-secret-of-mine"]),
        Case(
            what: "a short own secret, whole only", values: ["h": "shop.example.org", "u": "shop"],
            secrets: ["user": "shop"], plain: ["h": "shop.example.org"], tainted: ["u": "shop", "user": "shop"]),
        Case(
            what: "what is no secret stays", values: ["a": "true", "b": 1, "c": "1", "d": "app", "true": "x"],
            secrets: ["user": "app"], plain: ["a": "true", "b": 1, "c": "1", "d": "app", "true": "x"], tainted: ["user": "app"]),
        Case(what: "a number", values: ["pin": 40_711, "n": 1], plain: ["n": 1], tainted: ["pin": 40_711]),
        Case(what: "null", values: nil, secrets: nil, plain: [:], tainted: [:]),
    ]

    private static let given: Set<String> = [secret, "40711", "true", "1"]

    @Test(arguments: cases) func moves(_ one: Case) throws {
        let result = try DriverResult(values: one.values, secrets: one.secrets).kept(given: Self.given)
        #expect(result.values == one.plain)
        #expect(result.secrets == one.tainted)
    }

    static let refused: [(result: DriverResult, code: String)] = [
        (DriverResult(values: "text"), "RUN-006"),
        (DriverResult(secrets: [1]), "RUN-006"),
        (DriverResult(values: ["a": .string(String(repeating: "x", count: 1 << 20))]), "RUN-006"),
        (DriverResult(values: [secret: 1]), "RUN-007"),
        (DriverResult(values: ["a": [secret: 1]]), "RUN-007"),
        (DriverResult(secrets: ["a": [secret: "x"]]), "RUN-007"),
        (
            DriverResult(manifests: [DriverManifest(location: "namespace", data: ["a": ["b": [.string("x" + secret)]]])]),
            "RUN-007"
        ),
        (DriverResult(manifests: [DriverManifest(location: "namespace", data: [secret: 1])]), "RUN-007"),
        (DriverResult(manifests: [DriverManifest(location: secret, data: [:])]), "RUN-007"),
        // Encoded as a Kubernetes Secret has it, with something before and behind.
        (
            DriverResult(manifests: [DriverManifest(location: "namespace", data: ["c": "dTpzM2NyZXQtVmFsdWUvMUBo"])]), "RUN-007"
        ),
    ]

    @Test func refuses() throws {
        for (given, code) in Self.refused {
            let error = #expect(throws: ErrorBody.self) { try given.kept(given: Self.given) }
            #expect(error?.error == code)
            #expect(error?.message.contains(Self.secret) == false)
        }
    }
}
