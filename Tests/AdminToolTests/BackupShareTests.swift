import Cryptography
import FoundationEssentials
import Glibc
import PlatformModel
import TestSupport
import Testing

@testable import AdminTool

@Suite struct BackupShareTests {
    private static func line(_ share: BackupShare) throws -> String { try #require(try share.line().copyText()) }

    private static func parse(_ line: String) throws -> BackupShare { try BackupShare(line: SecretBytes(Array(line.utf8))) }

    private static func split(_ key: SecretBytes, _ count: Int, _ threshold: Int) throws -> [String] {
        try BackupShare.split(key, into: count, threshold: threshold).map(line)
    }

    /// Code and words of what is wrong; nil: nothing is.
    private static func problem(_ body: () throws -> Void) -> ErrorBody? {
        do {
            try body()
            return nil
        } catch let error as ErrorBody { return error } catch { return ErrorBody(error: "other", message: "\(error)") }
    }

    private static func problem(_ lines: [String]) -> ErrorBody? {
        problem {
            var shares = BackupShares()
            for (index, line) in lines.enumerated() { try shares.add(SecretBytes(Array(line.utf8)), from: "s\(index + 1)") }
            _ = try shares.key()
        }
    }

    @Test func aLineIsReadAsItWasWritten() throws {
        let key = try X25519.makePrivateKey(), id = try BackupKey.id(of: X25519.publicKey(of: key))
        for share in try BackupShare.split(key, into: 12, threshold: 4) {
            let line = try Self.line(share)
            #expect(line.hasPrefix("martlet-share-1:\(id):4:\(share.share.number):") && line.hasSuffix("\n"))
            let text = String(line.dropLast())
            // As people type it, too.
            for typed in [text, text.uppercased(), " " + text.replacing(":", with: ": ") + "\r"] {
                let read = try Self.parse(typed)
                #expect(read.keyID == id && read.threshold == 4 && read.share.number == share.share.number)
                #expect(read.share.bytes == share.share.bytes)
            }
        }
    }

    /// Every digit that is another one, every place that is left out, every two that changed places.
    @Test func whatWasMistypedIsFound() throws {
        let text = Array(try #require(try Self.split(X25519.makePrivateKey(), 2, 2).first).dropLast())
        var taken = 0
        func look(_ typed: [Character]) throws {
            guard typed != text else { return }
            do {
                _ = try Self.parse(String(typed))
                taken += 1
            } catch let flaw as BackupShare.Flaw { #expect(!flaw.description.contains(String(text.suffix(20)))) }
        }
        for index in text.indices {
            for other in "0123456789abcdef:x" where other != text[index] {
                var typed = text
                typed[index] = other
                try look(typed)
            }
            try look(Array(text[..<index] + text[(index + 1)...]))
            try look(Array(text[..<index]))
            if index > 0 {
                var typed = text
                typed.swapAt(index - 1, index)
                try look(typed)
            }
        }
        #expect(taken == 0)
        for (wrong, words) in [
            ("", "is no share"), ("hello", "is no share"), ("martlet-share-2:x", "is a share of another version"),
            ("martlet-share-1", "was mistyped"), ("martlet-share-1::::::::", "was mistyped"),
        ] {
            #expect(Self.problem([wrong])?.error == "ADM-037" && Self.problem([wrong])?.message.contains("s1 " + words) == true)
        }
    }

    @Test func sharesThatDoNotBelongTogether() throws {
        let key = try X25519.makePrivateKey(), other = try X25519.makePrivateKey()
        let lines = try Self.split(key, 5, 3), foreign = try Self.split(other, 5, 3), again = try Self.split(key, 5, 3)
        let fours = try Self.split(key, 5, 4)
        #expect(Self.problem(Array(lines.prefix(3))) == nil && Self.problem(lines) == nil)
        for (wrong, code, words) in [
            ([], "ADM-039", "no share is there"), ([lines[0]], "ADM-039", "3 shares of the key "),
            ([lines[0], lines[4]], "ADM-039", "and 2 are there"),
            ([lines[0], lines[1], lines[0]], "ADM-038", "s3 is the share 1 again, which s1"),
            ([lines[0], foreign[1], lines[2]], "ADM-038", "s2 is a share of the key "),
            ([lines[0], again[0], lines[2]], "ADM-038", "s2 and s1 are both the share 1, and differ"),
            ([lines[0], lines[1], again[2]], "ADM-038", "do not give the key "),
            ([lines[0], fours[1], lines[2]], "ADM-038", "s2 is of a split of which 4 shares are enough"),
        ] as [([String], String, String)] {
            let problem = Self.problem(wrong)
            #expect(
                problem?.error == code && problem?.message.contains(words) == true, "\(words): \(String(describing: problem))")
        }
    }

    /// All that is wrong with files at once; nothing of a share is told.
    @Test func filesOfShares() throws {
        let folder = try TemporaryFolder("mshare"), key = try X25519.makePrivateKey()
        let lines = try Self.split(key, 4, 3), foreign = try Self.split(try X25519.makePrivateKey(), 2, 2)
        func file(_ name: String, _ text: String, mode: UInt32 = 0o600) throws -> String {
            let path = try folder.write(text, to: name)
            #expect(chmod(path, mode) == 0)
            return path
        }
        let good = try lines.enumerated().map { try file("good-\($0.offset + 1)", $0.element) }
        #expect(try RestoreKey.read(key: nil, shares: Array(good.dropFirst())) == key)
        // Several in one file.
        #expect(try RestoreKey.read(key: nil, shares: [file("all", lines.joined(separator: "\n"))]) == key)
        let wrong = try [
            good[0], file("typed", lines[1].replacing("martlet-share-1:", with: "martlet-share-1:0")),
            file("foreign", foreign[0]),
            file("open", lines[2], mode: 0o644), folder.file("nowhere"), file("twice", "\n" + lines[0] + lines[3]),
        ]
        let problem = Self.problem { _ = try RestoreKey.read(key: nil, shares: wrong) }
        let message = problem?.message ?? ""
        #expect(problem?.error == "ADM-037")
        for part in [
            "/typed was mistyped", "\nADM-038: \(folder.path)/foreign is a share of the key ", "/open: mode 644",
            "/nowhere: No such file",
            "/twice, line 2, is the share 1 again", "\nADM-039: 3 shares of the key ", ", and 2 are there",
        ] {
            #expect(message.contains(part), "\(part): \(message)")
        }
        for line in lines { #expect(!message.contains(line.split(separator: ":")[4])) }
    }
}

/// The program.
@Suite(.enabled(if: getuid() == 0)) struct BackupShareProgramTests {
    @Test func aKeyIsGivenOutAndComesTogether() async throws {
        let host = try await PrepareFixture(), key = host.folder.file("key")
        #expect(try await host.prepare().code == 0)
        let shipped = host.folder.read("backup-key.pub")
        for words in [
            ["--shares", "5"], ["--threshold", "2"], ["--from", "x"], ["--shares", "1", "--threshold", "1"],
            ["--shares", "3", "--threshold", "4"], ["--shares", "3", "--threshold", "1"],
            ["--shares", "256", "--threshold", "2"],
        ] {
            #expect(try await host.run(["backup-key", key] + words).code == 2, "\(words)")
        }
        // The one that the installation made, from then on with several people.
        let split = try await host.run(["backup-key", "--shares", "3", "--threshold", "2", "--from", host.backupKey, key])
        #expect(split.code == 0 && split.output.hasSuffix("and remove \(host.backupKey)\n"), "\(split)")
        #expect(host.folder.read("backup-key.pub") == shipped)
        let taken = try await host.run(["backup-key", "--shares", "4", "--threshold", "2", key])
        #expect(
            taken.code == 1 && taken.error.hasPrefix("error: ADM-031: there already: \(key).share-1, \(key).share-2, "),
            "\(taken)")
        #expect(!host.exists(key + ".share-4") && host.folder.read("backup-key.pub") == shipped)
        #expect(try await host.run(["backup", host.folder.file("backup")]).code == 0)
        #expect(remove(host.backupKey) == 0)
        // From a pipe, a line each; more than enough are not read.
        func restore(_ shares: String) async throws -> CommandRun {
            try await CommandRun([
                "env", "SYSTEMD_CREDENTIAL_SECRET=\(host.folder.file("host-secret"))", "sh", "-c",
                "cat \(shares) | \(ProgramProcess.folder)/martlet-admin restore \(host.folder.file("backup")) --config \(host.folder.file("admin.yaml"))",
            ])
        }
        let restored = try await restore("\(key).share-3 \(key).share-1")
        #expect(restored.code == 0 && restored.output.contains("\nrestored in "), "\(restored)")
        let few = try await restore("\(key).share-3")
        #expect(few.code == 1 && few.error.hasPrefix("error: ADM-039: "), "\(few)")
        let twice = try await restore("\(key).share-3 \(key).share-3")
        #expect(
            twice.code == 1 && twice.error.hasPrefix("error: ADM-038: share 2 is the share 3 again, which share 1 is already"),
            "\(twice)")
        let both = try await host.run(["restore", host.folder.file("backup"), "--key", key, "--share", key])
        #expect(both.code == 2, "\(both)")
    }
}
