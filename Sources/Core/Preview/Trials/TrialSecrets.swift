import LogRules
import PlatformModel
import PureDrivers

/// The secrets of one trial, found in every form in which a template may write them (base64, URL, JSON, ...): what the inputs give, and
/// what the driver made.
struct TrialSecrets {
    private let patterns: SecretPatterns
    /// More secrets than can be told from other text: everything counts as one.
    private let isEverything: Bool

    /// Shorter ones occur in any text by chance, as `app` does in `app.example.com`. The runner has the same bounds.
    private static let shortestGiven = 6, shortestMade = 12

    init(given: [String], made: [String]) {
        let texts =
            given.filter { $0.utf8.count >= Self.shortestGiven } + made.filter { $0.utf8.count >= Self.shortestMade }
        let patterns = try? SecretPatterns(secrets: texts)
        self.patterns = patterns ?? SecretPatterns()
        isEverything = patterns == nil
    }

    /// - Throws: `RENDER-102` where a deployment would be refused with `RUN-007`: manifests are kept in the clear.
    func requireNone(in manifests: [DriverManifest]) throws(DriverError) {
        let problems = manifests.enumerated().filter { $0.element.data.hasText(where: shows) }.map { index, manifest in
            Problem.secret(inManifest: index, location: masked(manifest.location))
        }
        guard problems.isEmpty else { throw DriverError(code: "RENDER-102", problems: problems) }
    }

    /// A value in which each text that shows a secret is gone as a whole.
    func masked(_ value: JSON) -> JSON { value.mapTexts(masked) }

    private func masked(_ text: String) -> String { shows(text) ? DefinitionTrial.mask : text }

    private func shows(_ text: String) -> Bool { isEverything || patterns.masking(text) != text }
}
