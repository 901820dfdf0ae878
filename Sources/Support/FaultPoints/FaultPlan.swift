#if DEBUG
    import Glibc
    import Synchronization

    /// The fault that the environment asks for: `MARTLET_FAULT="name=crash|stop|fail|lie|delay:SECONDS"`, at most once for the whole
    /// machine when `MARTLET_FAULT_ONCE=/path` is set, so that a supervisor's restart does not fall into it again. `name@3=...` lets the
    /// point pass twice first; `name/provision=...` is for one verb only, `name/*=...` once for each verb and subject (`FaultFolder`).
    package struct FaultPlan: Sendable, Hashable {
        package enum Action: Sendable, Hashable {
            case crash, fail, lie
            /// The whole process stands still, its heartbeats too, until somebody sends it SIGCONT: a delay past every lease.
            case stop
            case delay(seconds: Double)
        }

        package let point: FaultPoint
        package let action: Action
        /// Fires for this verb only; nil for every one.
        package let verb: String?
        /// Once for each subject of a verb, and not for the verb alone.
        package let isForEach: Bool
        /// Fires from this time on that the process reaches the point; 1 is the first.
        package let occurrence: Int
        /// Made when the fault fires, with the process that it hit in it; while it exists nothing fires.
        package var onceFile: String?
        /// Of which choice of faults it is: in the next one its occurrences are counted anew.
        package let run: String

        package init(
            point: FaultPoint, action: Action, verb: String? = nil, isForEach: Bool = false, occurrence: Int = 1,
            onceFile: String? = nil, run: String = ""
        ) {
            self.point = point
            self.action = action
            self.verb = verb
            self.isForEach = isForEach
            self.occurrence = occurrence
            self.onceFile = onceFile
            self.run = run
        }

        /// Reads `name=action`, `name/verb=action` or `name@occurrence=action`; nil when it is not of that form.
        package init?(_ text: String, onceFile: String? = nil, run: String = "") {
            guard let separator = text.firstIndex(of: "="), separator != text.startIndex else { return nil }
            let words = text[text.index(after: separator)...].split(separator: ":", omittingEmptySubsequences: false)
            switch (words.first, words.count) {
            case ("crash", 1): action = .crash
            case ("fail", 1): action = .fail
            case ("lie", 1): action = .lie
            case ("stop", 1): action = .stop
            case ("delay", 2):
                guard let seconds = Double(words[1]), seconds >= 0, seconds <= 86_400 else { return nil }
                action = .delay(seconds: seconds)
            default: return nil
            }
            let place = text[..<separator].split(separator: "@", omittingEmptySubsequences: false)
            let names = place.first?.split(separator: "/", omittingEmptySubsequences: false) ?? []
            guard place.count <= 2, names.count <= 2, names.allSatisfy({ !$0.isEmpty }), let name = names.first else {
                return nil
            }
            guard let occurrence = place.count == 2 ? Int(place[1]) : 1, occurrence >= 1 else { return nil }
            point = FaultPoint(String(name))
            isForEach = names.count == 2 && names[1] == "*"
            verb = names.count == 2 && names[1] != "*" ? String(names[1]) : nil
            self.occurrence = occurrence
            self.onceFile = onceFile
            self.run = run
        }

        /// The point, and from its how-many-th time on.
        package var place: String { occurrence == 1 ? point.name : "\(point.name)@\(occurrence)" }

        /// The plan of this process, read once.
        package static let current: FaultPlan? = environment("MARTLET_FAULT").flatMap {
            FaultPlan($0, onceFile: environment("MARTLET_FAULT_ONCE"))
        }

        /// Does the action when `reached` is this plan's point and it has not fired before.
        package func reach(_ reached: FaultPoint) async throws(FaultInjected) {
            guard reached == point, verb == nil || verb == FaultVerb.current, isDue(), claim() else { return }
            switch action {
            case .crash:
                kill(getpid(), SIGKILL)
                // The signal is delivered before kill returns to this thread; this only tells the compiler that nothing follows.
                while true { pause() }
            case .stop: kill(getpid(), SIGSTOP)
            case .fail: throw FaultInjected(point: point, done: false)
            case .lie: throw FaultInjected(point: point, done: true)
            case .delay(let seconds):
                // A cancelled delay ends early, as a cancelled real delay would.
                try? await Task.sleep(for: .seconds(seconds))
            }
        }

        /// How often this process has reached the point of each plan.
        private static let counts = Mutex<[FaultPlan: Int]>([:])

        private func isDue() -> Bool {
            Self.counts.withLock { counts in
                counts[self, default: 0] += 1
                return counts[self, default: 0] >= occurrence
            }
        }

        /// True when this call may fire: there is no once-file, or this call made it.
        private func claim() -> Bool {
            guard let onceFile else { return true }
            let descriptor = open(onceFile, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { return false }
            let bytes = Array("\(getpid())\n".utf8)
            _ = write(descriptor, bytes, bytes.count)
            close(descriptor)
            return true
        }

        static func environment(_ name: String) -> String? {
            guard let value = getenv(name) else { return nil }
            let text = String(cString: value)
            return text.isEmpty ? nil : text
        }
    }
#endif
