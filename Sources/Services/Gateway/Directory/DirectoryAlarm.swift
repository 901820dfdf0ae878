import Synchronization

/// How many people's loss waits for an administrator, for the metrics.
final class DirectoryAlarm: Sendable {
    private let people = Mutex(0)

    var count: Int { people.withLock { $0 } }

    func set(_ count: Int) { people.withLock { $0 = count } }
}
