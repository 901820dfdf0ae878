import Cryptography
import DirectoryClient
import PlatformModel
import ServiceRuntime

/// An OpenLDAP on this machine, made by a program of ours around Debian's slapd.
struct LocalDirectory {
    /// What the gateway gets to know of it.
    struct Made {
        var directory: SetupAnswers.Directory
        var password: SecretBytes
        var administrators: String
    }

    let program: String
    let directory: SetupDirectory

    func make(_ wish: SetupAnswers.Local, _ changed: (String) -> Void) async throws -> Made {
        let password = try await known() ?? Self.password(), personal = try Self.password()
        var lines = password.copyBytes() + [newline] + personal.copyBytes() + [newline]
        let result = try await HostProgram.run(program, [wish.person, wish.domain], input: SecretBytes(wiping: &lines))
        guard let result, result.isGood else {
            throw ErrorBody(
                error: "ADM-045",
                message: "no directory was made on this machine: \(result?.complaint ?? "there is no \(program)")")
        }
        var url: String?, base: String?
        for line in String(decoding: result.output, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1).map { String($0).withoutControls }
            guard words.count == 2 else { continue }
            switch words[0] {
            case "did": changed(words[1])
            case "new": changed("added \(words[1]), whose password is \(personal.copyText() ?? "") (it is shown only now)")
            case "url": url = words[1]
            case "base": base = words[1]
            default: break
            }
        }
        guard let url, let base else {
            throw ErrorBody(error: "ADM-045", message: "\(program) did not say where the directory is")
        }
        return Made(
            directory: .init(
                urls: [url], bindDN: "cn=martlet,\(base)", userBase: "ou=people,\(base)", groupBase: "ou=groups,\(base)"),
            password: password, administrators: "cn=administrators,ou=groups,\(base)")
    }

    private let newline = UInt8(ascii: "\n")

    /// The password by which the gateway opens this machine's directory already; one of a directory elsewhere is not told to it.
    private func known() async throws -> SecretBytes? {
        let ldap = try ConfigReader.read(GatewayFile.self, path: directory.file).ldap
        guard ldap.urls.allSatisfy({ $0.hasPrefix("ldapi:") }) else { return nil }
        return try await directory.credential.read()
    }

    /// 120 random bits, in letters and digits that are not mistaken for others.
    private static func password() throws -> SecretBytes {
        let letters = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
        return SecretBytes(try RandomBytes.makeSecret(24).withUnsafeBytes { $0.map { letters[Int($0) % letters.count] } })
    }
}
