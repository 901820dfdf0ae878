import PlatformModel
import Testing

@Suite struct PercentEncodingTests {
    @Test(arguments: [
        ("plain-1._~", "plain-1._~"), ("a/b", "a%2Fb"), ("a b?c#d&e=f%", "a%20b%3Fc%23d%26e%3Df%25"), ("é", "%C3%A9"),
        ("..", "%2E%2E"), (".", "%2E"), ("a..b", "a..b"), ("\r\n", "%0D%0A"), ("", ""), ("\0", "%00"),
    ])
    func thereAndBack(text: String, encoded: String) {
        #expect(PercentEncoding.encode(text) == encoded)
        #expect(PercentEncoding.decode(encoded) == text)
    }

    @Test func whatIsAllowedStays() { #expect(PercentEncoding.encode("a/b:c d", allowing: "/:") == "a/b:c%20d") }

    @Test(arguments: ["%", "%4", "%4g", "%g4", "a%", "%C3", "%ff", "%C0%AF", "%+1", "%١1"])
    func brokenEscapes(_ text: String) { #expect(PercentEncoding.decode(text) == nil) }

    @Test func smallLettersAndSubstrings() { #expect(PercentEncoding.decode("x%2f%c3%a9x".dropFirst().dropLast()) == "/é") }
}
