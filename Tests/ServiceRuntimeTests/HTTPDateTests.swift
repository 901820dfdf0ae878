import Testing

@testable import ServiceRuntime

@Suite struct HTTPDateTests {
    /// The first is RFC 9110's own example.
    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (1_709_210_096, "Thu, 29 Feb 2024 12:34:56 GMT"),
    ])
    func texts(seconds: Int, text: String) { #expect(HTTPDate.text(secondsSince1970: seconds) == text) }
}
