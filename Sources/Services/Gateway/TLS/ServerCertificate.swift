import Cryptography
import Glibc
import Logging
import NIOSSL
import PlatformModel

/// The certificate that the public listener shows. Read at each start: replace the two files and restart.
enum ServerCertificate {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The TLS settings, from the files; made first when neither exists and the configuration allows it.
    static func configuration(_ files: GatewayConfiguration.TLSFiles, logger: Logger) throws -> TLSConfiguration {
        switch (exists(files.certificate), exists(files.key)) {
        case (true, true): break
        case (false, false) where files.selfSigned:
            try make(files)
            logger.notice(
                "made a self-signed certificate; clients need it as their CA, or replace it by one of your own",
                metadata: ["certificate": "\(files.certificate)", "names": "\(files.names.joined(separator: ", "))"])
        case (let certificate, _):
            throw Failure(
                description:
                    "\(certificate ? files.key : files.certificate) is not there: put certificate and key in place, or remove "
                    + "the other one and set tls.self_signed to true")
        }
        return try read(files)
    }

    private static func read(_ files: GatewayConfiguration.TLSFiles) throws -> TLSConfiguration {
        guard let chain = try? NIOSSLCertificate.fromPEMFile(files.certificate), !chain.isEmpty else {
            throw Failure(
                description:
                    "\(files.certificate) cannot be read as certificates in PEM form: the server's own comes first, then "
                    + "those between it and the root")
        }
        guard let key = try? NIOSSLPrivateKey(file: files.key, format: .pem) else {
            throw Failure(description: "\(files.key) cannot be read as a private key in PEM form without a password")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do { _ = try NIOSSLContext(configuration: configuration) } catch {
            throw Failure(
                description: "\(files.key) is not the key of the first certificate in \(files.certificate): put a pair in place")
        }
        return configuration
    }

    private static func make(_ files: GatewayConfiguration.TLSFiles) throws {
        let made = try SelfSignedCertificate(names: files.names)
        try made.privateKey.withUnsafeBytes { try write(Array($0), to: files.key, mode: 0o600) }
        // The key first: a certificate without its key is never seen.
        try write(Array(made.certificate.utf8), to: files.certificate, mode: 0o644)
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whole or not at all: written beside its place, then moved there.
    private static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
        func failure(_ what: String) -> Failure { Failure(description: "\(path): \(what): \(String(cString: strerror(errno)))") }
        try makeFolders(above: path)
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("cannot be made") }
        let written = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        guard written, rename(temporary, path) == 0 else { throw failure("cannot be written") }
    }

    private static func makeFolders(above path: String) throws {
        let folders = path.split(separator: "/").dropLast()
        var folder = ""
        for name in folders {
            folder += "/" + name
            guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
                throw Failure(description: "\(folder): cannot be made: \(String(cString: strerror(errno)))")
            }
        }
    }
}
