import PlatformModel
import PureDrivers
import SecretMasking
import ServiceAPI

extension DriverResult {
    /// Of the outputs and manifests together, as JSON.
    private static let maximumBytes = 1 << 20

    /// The result as it is kept: every output that shows a secret is a secret output.
    ///
    /// - Parameter given: the secrets that the driver was handed, and those that it keeps.
    /// - Throws: `RUN-006` for outputs of a shape that cannot be kept; `RUN-007` where a secret stands and cannot be moved: the name of
    ///   an output, a manifest.
    func kept(given: Set<String>) throws(ErrorBody) -> DriverResult {
        var kept = self
        if kept.values.isNull { kept.values = [:] }
        if kept.secrets.isNull { kept.secrets = [:] }
        guard kept.values.object != nil, kept.secrets.object != nil else {
            throw ErrorBody(
                error: "RUN-006",
                message: "the driver's outputs are no objects (values: \(values.kind), secrets: \(secrets.kind)); "
                    + "correct the driver or its templates")
        }
        let size = values.canonical.utf8.count + manifests.reduce(0) { $0 + $1.data.canonical.utf8.count }
        guard size <= Self.maximumBytes else {
            throw ErrorBody(
                error: "RUN-006",
                message: "the driver's outputs and manifests have \(size) bytes; at most \(Self.maximumBytes) are kept")
        }
        do throws(OutputLeaks) { try OutputTaint(given: KnownSecrets(given: given)).separate(&kept) } catch {
            throw ErrorBody(error: "RUN-007", message: error.message)
        }
        return kept
    }
}

extension OutputLeaks {
    fileprivate var message: String {
        var messages: [String] = []
        if isInName {
            messages.append(
                "the name of an output holds a secret, and names are kept in the clear; give the output another name")
        }
        for manifest in manifests {
            messages.append(
                "manifest \(manifest.index + 1) (location '\(manifest.location)') holds a secret, and manifests are kept in "
                    + "the clear; make the value a secret output and let the workload refer to it")
        }
        return messages.joined(separator: "\n")
    }
}
