import FaultPoints
import NIOSSL
import ServiceRuntime

/// The file of the probe: what every service has, and what its tests need.
struct ProbeConfiguration: RoomConfiguration {
    let service: ServiceConfiguration
    /// Not ready until this file is there.
    let readyFile: String?
    /// Another probe, whose answers `/v1/relay/...` passes on.
    let upstream: String?
    let stall: Duration
    let limits: ServerLimits
    let tls: (port: Int, certificate: String, key: String)?

    init(reading section: ConfigSection) {
        service = ServiceConfiguration(reading: section)
        readyFile = section.optionalString("ready_file")
        upstream = section.optionalString("upstream")
        stall = section.seconds("stall", in: 0.1...60, default: 30)
        var limits = ServerLimits()
        limits.headTimeout = section.seconds("head_timeout", in: 0.1...60, default: 10)
        limits.idleTimeout = section.seconds("idle_timeout", in: 0.1...100, default: 75)
        limits.connections = section.int("connections", in: 1...10_000, default: 1024)
        self.limits = limits
        tls = section.optionalSection("tls").map { tls in
            (tls.int("port", in: 0...65535, default: 0), tls.string("certificate"), tls.string("key"))
        }
    }

    func tlsConfiguration() throws -> (port: Int, TLSConfiguration)? {
        guard let tls else { return nil }
        let chain = try NIOSSLCertificate.fromPEMFile(tls.certificate).map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(file: tls.key, format: .pem)
        return (tls.port, .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
    }
}

enum ProbeFaults {
    static let beforeAnswer = FaultPoint("probe.beforeAnswer")
    static let all = [beforeAnswer]
}
