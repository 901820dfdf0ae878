import PlatformModel
import Testing

@testable import SecretMasking

@Suite struct KnownSecretsTests {
    private static let given = ["correct-horse", "p/ss wörd\"7", "4711", "admin", "true", "1", "abc", "", "None"]
    private static let made = ["app", "shop_user", "generated-Secret"]
    private static let known = KnownSecrets(given: given).adding(made: made)

    @Test(
        "Found, in whatever form",
        arguments: [
            "correct-horse", "http://u:correct-horse@h", "Y29ycmVjdC1ob3JzZQ==", "Y29ycmVjdC1ob3JzZQ", "dTpjb3JyZWN0LWhvcnNlQGg=",
            "u:p%2Fss%20w%C3%B6rd%227@h", #"{"p":"p/ss wörd\"7"}"#, "p/ss wörd\"7",
            // Short ones as a whole, and encoded as a whole.
            "4711", "NDcxMQ==", "admin", "YWRtaW4=", "shop_user", "c2hvcF91c2Vy",
            "x:generated-Secret@h", "Z2VuZXJhdGVkLVNlY3JldA==",
        ])
    func shows(_ text: String) { #expect(Self.known.shows(text) && Self.known.shows(in: ["a": [.string(text)]])) }

    @Test(
        "Not found: other texts, short secrets within longer ones, and what is none",
        arguments: [
            "", "correct", "horse", "h:4711/x", "admin.example.com", "shop_user.example.com", "app", "app.example.com", "true",
            "enabled: true", "1", "10.0.0.1", "abc", "abcdef", "none", "None", "null", "=", "==",
        ])
    func hides(_ text: String) { #expect(!Self.known.shows(text)) }

    @Test("Numbers are found as they are written, truth values never")
    func values() {
        #expect(Self.known.shows(in: 4711) && Self.known.shows(in: ["a": [["b": 4711]]]))
        #expect(!Self.known.shows(in: 47111) && !Self.known.shows(in: ["a": true, "b": 1, "c": nil]))
        #expect(KnownSecrets(given: ["123456"]).shows(in: 9_123_456_9))
    }

    @Test("A name counts by what it holds, not by being called as a short secret reads")
    func names() {
        #expect(Self.known.showsInName("x-correct-horse") && Self.known.shows(in: ["x-correct-horse": 1]))
        #expect(!Self.known.showsInName("admin") && !Self.known.shows(in: ["admin": 1, "4711": 2, "app": 3, "shop_user": 4]))
    }

    @Test("The first place is told, and no name that shows a secret")
    func places() {
        let value: JSON = ["a": 1, "b": ["x", ["c": "u:correct-horse"]], "d": "correct-horse"]
        #expect(Self.known.place(in: value, "outputs") == "outputs.b.1.c")
        #expect(Self.known.place(in: ["a": ["correct-horse": 1]], "outputs") == "outputs.a")
        #expect(Self.known.place(in: "4711", "outputs") == "outputs")
        #expect(Self.known.place(in: ["a": ["b", 1]], "outputs") == nil)
    }

    @Test("Of a key in several lines each long line counts, the ones that say what it is do not")
    func lines() {
        let key = """
            -----BEGIN CERTIFICATE-----
            MIIEvQIBADANBgkqhkiG9w0BAQEFAASC
            -----END CERTIFICATE-----
            apiVersion: v1
            """
        let known = KnownSecrets(given: [key])
        #expect(known.shows("a: \(key)") && known.shows("  MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n"))
        #expect(!known.shows("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n") && !known.shows("apiVersion: v1"))
    }

    @Test("Messages hide short ones, too; made ones that were given stay what they were")
    func messages() {
        #expect(Self.known.masked("port 4711 of admin, app, generated-Secret") == "port ****** of ******, app, ******")
        #expect(KnownSecrets(given: ["s3cret"]).adding(made: ["s3cret"]).shows("u:s3cret@h"))
    }

    @Test("Nothing is found where nothing is known, and everything where too much is")
    func bounds() {
        #expect(KnownSecrets(given: ["1", "true", ""]).isEmpty && !Self.known.isEmpty)
        let many = (0..<400).map { String(repeating: "\($0)-abcdefghij/", count: 60) }
        let known = KnownSecrets(given: many)
        #expect(!known.isEmpty && known.shows("anything") && known.showsInName("a"))
        #expect(known.masked("anything") == "(withheld: too many secrets to mask)")
    }
}
