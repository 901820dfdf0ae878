import Cryptography
import Glibc
import PlatformModel
import Testing

@Suite struct SecretBytesTests {
    @Test func neverPrintsItself() {
        let secret = SecretBytes(Array("canary-4711".utf8))
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: Optional(secret)), dumped] {
            #expect(!text.contains("canary") && !text.contains("99"), "\(text)")
        }
    }

    @Test func wipesItsSourceWhenAsked() {
        var source: [UInt8] = [1, 2, 3]
        let secret = SecretBytes(wiping: &source)
        #expect(source.isEmpty)
        #expect(secret.copyBytes() == [1, 2, 3])
    }

    @Test func comparesByContent() {
        #expect(SecretBytes([1, 2]) == SecretBytes([1, 2]))
        #expect(SecretBytes([1, 2]) != SecretBytes([1, 3]))
        #expect(SecretBytes([1, 2]) != SecretBytes([1]))
        #expect(SecretBytes([]) == SecretBytes([]))
        #expect(equalInConstantTime([], []))
        #expect(!equalInConstantTime([0], [1]))
    }

    @Test func randomBytesDiffer() throws {
        #expect(Set(try (0..<50).map { _ in try RandomBytes.make(16) }).count == 50)
        #expect(Set(try (0..<50).map { _ in try RandomBytes.makeSecret(16).copyBytes() }).count == 50)
        #expect(try RandomBytes.make(0).isEmpty)
    }

    @Test func hexadecimalGoesBothWays() throws {
        let all = (UInt8.min...UInt8.max).map { $0 }
        #expect(Hexadecimal.decode(Hexadecimal.encode(all)) == all)
        #expect(Hexadecimal.decode("0") == nil)
        #expect(Hexadecimal.decode("0g") == nil)
        #expect(Hexadecimal.decode("Ff") == [255])
    }
}

@Suite struct SecretFileTests {
    private func withFile(_ text: String, mode: mode_t, _ body: (String) throws -> Void) throws {
        let path = "/tmp/martlet-secret-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        try #require(descriptor >= 0)
        defer { unlink(path) }
        #expect(write(descriptor, text, text.utf8.count) == text.utf8.count)
        fchmod(descriptor, mode)
        close(descriptor)
        try body(path)
    }

    @Test func takesOneNewlineOff() throws {
        try withFile("pa ss\n\n", mode: 0o640) { path throws in
            #expect(try SecretFile.read(path).copyText() == "pa ss\n")
        }
    }

    @Test func refusesWhatEveryoneCanRead() throws {
        try withFile("secret", mode: 0o604) { path in
            let failure = #expect(throws: SecretFile.Failure.self) { try SecretFile.read(path) }
            #expect(failure == .tooOpen(path: path, mode: 0o604))
            #expect(failure.map { "\($0)".contains("chmod o-rwx") } == true)
        }
    }

    @Test func refusesEmptyLongAndMissing() throws {
        try withFile("\n", mode: 0o600) { path throws in
            #expect(throws: SecretFile.Failure.empty(path: path)) { try SecretFile.read(path) }
        }
        try withFile("12345", mode: 0o600) { path throws in
            #expect(throws: SecretFile.Failure.tooLong(path: path, limit: 4)) { try SecretFile.read(path, limit: 4) }
            #expect(try SecretFile.read(path, limit: 5).count == 5)
        }
        #expect(throws: SecretFile.Failure.unreadable(path: "/nowhere/x", reason: "No such file or directory")) {
            try SecretFile.read("/nowhere/x")
        }
    }
}
