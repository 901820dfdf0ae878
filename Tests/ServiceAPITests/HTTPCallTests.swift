import HTTPTypes
import Testing

@testable import ServiceAPI

@Suite struct HTTPCallTests {
    @Test(arguments: [
        ("plain-1._~", "plain-1._~"), ("a/b", "a%2Fb"), ("a b?c#d&e=f%", "a%20b%3Fc%23d%26e%3Df%25"), ("é", "%C3%A9"),
        ("..", "%2E%2E"), (".", "%2E"), ("a..b", "a..b"), ("\r\n", "%0D%0A"),
    ])
    func segments(text: String, encoded: String) { #expect(HTTPCall.segment(text) == encoded) }

    @Test func queries() {
        #expect(HTTPCall(.get, "/v1/a").target == "/v1/a")
        #expect(HTTPCall(.get, "/v1/a", query: [("k", "v w"), ("x&y", "a/b")]).target == "/v1/a?k=v%20w&x%26y=a/b")
        #expect(HTTPCall(.get, "/v1/a?z=1", query: [("k", "v")]).target == "/v1/a?z=1&k=v")
    }

    @Test func wireVersionsOneApart() {
        #expect([-1, 0, 1, 2, 3].map(WireVersion.accepts) == [false, true, true, true, false])
    }
}
