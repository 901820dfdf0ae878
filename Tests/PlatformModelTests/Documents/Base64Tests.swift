import PlatformModel
import Testing

@Suite struct Base64Tests {
    /// RFC 4648, section 10, and bytes that are no text.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func knownAnswers(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test func everyByte() { #expect(Base64.decode(Base64.encode(Array(0...255))) == Array(0...255)) }

    @Test func lineBreaks() { #expect(Base64.decode("Zm9v\r\nYmFy\n") == Array("foobar".utf8)) }

    @Test(arguments: ["a?==", "Zg", "Zg=", "Z", "=", "====", "Z===", "Zg==Zg==", "Zm9v YmFy", "Zm-_", "Zm8=x", "é"])
    func refused(_ text: String) { #expect(Base64.decode(text) == nil) }
}
