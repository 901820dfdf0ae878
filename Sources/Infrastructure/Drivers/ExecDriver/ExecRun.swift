import PlatformModel
import PureDrivers
import Sandbox

/// What a program left when it ended, read strictly and never evaluated.
struct ExecRun {
    typealias Failure = (code: String, message: String, kind: DriverError.Kind)

    let result: SandboxResult
    let inputs: ExecInputs
    let limits: SandboxLimits

    /// Bytes of state that are kept from one call to the next.
    static let mostState = 32 << 10
    private static let mostErrorBytes = 4000

    init(_ result: SandboxResult, inputs: ExecInputs, limits: SandboxLimits) {
        self.result = result
        self.inputs = inputs
        self.limits = limits
    }

    var hasOutputs: Bool { result.collected[ExecContract.outputs] != nil }

    /// For the next call; nil when the program wrote none that can be kept.
    var state: JSON? {
        guard let bytes = result.collected[ExecContract.state], bytes.count <= Self.mostState, !bytes.isEmpty else { return nil }
        return ["state": .string(String(decoding: bytes, as: UTF8.self))]
    }

    /// Nil when it ended well, with state that can be kept. Of a program that was killed nobody knows how far it came; one that can be
    /// asked (`find`) is.
    var failure: Failure? {
        let killed: DriverError.Kind = inputs.finds ? .failed : .unknown
        switch result.ending {
        case .exited(0):
            guard (result.collected[ExecContract.state]?.count ?? 0) <= Self.mostState else {
                return ("DRV-605", "wrote more than \(Self.mostState) bytes to STATE_FILE", .failed)
            }
            return result.refused.min { $0.key < $1.key }.map { file in
                ("DRV-605", "left a file that is not read, \(Self.variable(of: file.key)): \(file.value)", .failed)
            }
        case .exited(127): return ("DRV-603", "was not found in the sandbox (exit code 127)\(words)", .failed)
        case .exited(let code): return ("DRV-603", "failed with exit code \(code)\(words)", .failed)
        case .signalled(let signal): return ("DRV-604", "was ended by signal \(signal)\(words)", killed)
        case .timedOut: return ("DRV-604", "was ended after \(limits.wallSeconds) s, its limit", killed)
        case .cpuExceeded: return ("DRV-604", "was ended: it used \(limits.cpuSeconds) s of the processor, its limit", killed)
        case .outOfMemory: return ("DRV-604", "was ended: it used \(limits.memoryBytes >> 20) MiB of memory, its limit", killed)
        case .outputExceeded: return ("DRV-604", "was ended: it printed \(limits.outputBytes >> 10) KiB, its limit", killed)
        case .cancelled: return ("DRV-604", "was cancelled and ended", killed)
        case .lost: return ("DRV-604", "was lost with its launcher; nothing of it runs any more", killed)
        }
    }

    /// What the program wrote to ERROR_FILE.
    private var words: String {
        guard let bytes = result.collected[ExecContract.error], !bytes.isEmpty else {
            return "; it wrote nothing to ERROR_FILE, its output is in the log"
        }
        let text = String(decoding: bytes.prefix(Self.mostErrorBytes), as: UTF8.self)
        return ": "
            + text.unicodeScalars.reduce(into: "") { shown, scalar in
                if scalar == "\n" || scalar.value >= 0x20 && scalar.value != 0x7f { shown.unicodeScalars.append(scalar) }
            }
    }

    private static func variable(of file: String) -> String {
        switch file {
        case ExecContract.outputs: "OUTPUTS_FILE"
        case ExecContract.secretOutputs: "SECRET_OUTPUTS_FILE"
        case ExecContract.manifests: "MANIFESTS_FILE"
        case ExecContract.state: "STATE_FILE"
        default: "ERROR_FILE"
        }
    }

    // MARK: Outputs

    /// - Throws: `DRV-605` with the file and the place.
    func result(of request: DriverRequest) throws(DriverError) -> DriverResult {
        let values = try object(ExecContract.outputs, request), secrets = try object(ExecContract.secretOutputs, request)
        let manifests: [DriverManifest]
        do throws(DriverOutputs.Unusable) {
            manifests = try DriverOutputs.manifests(try document(ExecContract.manifests, request))
        } catch {
            throw unusable(ExecContract.manifests, error.words, request)
        }
        return DriverResult(
            values: .object(values), secrets: .object(secrets), manifests: manifests, cookie: state ?? request.cookie)
    }

    private func object(_ file: String, _ request: DriverRequest) throws(DriverError) -> [String: JSON] {
        do throws(DriverOutputs.Unusable) {
            let document = try document(file, request)
            guard let document else { return [:] }
            guard let members = document.object else {
                throw DriverOutputs.Unusable(words: "an object is needed, not \(document.kind)")
            }
            return members
        } catch {
            throw unusable(file, error.words, request)
        }
    }

    private func document(_ file: String, _ request: DriverRequest) throws(DriverOutputs.Unusable) -> JSON? {
        guard let bytes = result.collected[file], !bytes.isEmpty else { return nil }
        do throws(JSONError) { return try JSON.parse(bytes) } catch {
            throw DriverOutputs.Unusable(words: "it is no JSON: \(error.message)")
        }
    }

    private func unusable(_ file: String, _ words: String, _ request: DriverRequest) -> DriverError {
        DriverError(
            code: "DRV-605",
            message: "\(request.identity): what \(inputs.shownName) wrote to \(Self.variable(of: file)) cannot be used: \(words)",
            kind: .failed)
    }
}
