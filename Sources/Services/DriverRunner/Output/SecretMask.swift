import SecretMasking
import Synchronization

/// Secrets that were learned so far, and a mask over texts that may show them. More secrets than the automaton holds mask everything.
final class SecretMask: Sendable {
    private struct State {
        var secrets: Set<String> = []
        /// nil: too many secrets to tell them from other text.
        var patterns: SecretPatterns? = SecretPatterns()
    }

    private let state = Mutex(State())

    var secrets: Set<String> { state.withLock { $0.secrets } }

    func learn(_ secrets: [String]) {
        state.withLock { state in
            let known = state.secrets.count
            state.secrets.formUnion(secrets.filter { !$0.isEmpty })
            guard state.secrets.count > known else { return }
            state.patterns = try? SecretPatterns(secrets: state.secrets)
        }
    }

    func masked(_ text: String) -> String {
        state.withLock { $0.patterns }.map { $0.masking(text) } ?? "(withheld: too many secrets to mask)"
    }
}
