#if DEBUG
    import Glibc

    /// The folder of `MARTLET_FAULT_FOLDER`, by which a test chooses faults while the programs run, and hears what came by.
    ///
    /// - `plan`: lines as in `MARTLET_FAULT`, looked at whenever a point is reached; each fires once for each verb. A first line
    ///   `run NAME` that is another than before has occurrences counted anew.
    /// - `fired.POINT.VERB`: made when one fires; the process that it hit is in it.
    /// - `reached`: a line `POINT VERB` each time that a point is reached; `-` where there is no verb.
    package struct FaultFolder: Sendable, Hashable {
        package let path: String
        /// Bytes of `plan`.
        private static let maximum = 16 << 10

        package init(_ path: String) { self.path = path }

        /// The folder of this process, read once.
        static let current: FaultFolder? = FaultPlan.environment("MARTLET_FAULT_FOLDER").map { FaultFolder($0) }

        /// What is asked for at this point and verb; nil for nothing. Notes that the point was reached.
        package func plan(at point: FaultPoint, verb: String?) -> FaultPlan? {
            let word = verb ?? "-"
            note("\(point.name) \(word)\n")
            let lines = plan().split(separator: "\n"), run = lines.first.map { $0.hasPrefix("run ") ? String($0) : "" } ?? ""
            for line in lines where line.hasPrefix(point.name) {
                let onceFile = "\(path)/fired.\(point.name).\(word)"
                guard let plan = FaultPlan(String(line), onceFile: onceFile, run: run) else { continue }
                if plan.point == point, plan.verb == nil || plan.verb == word { return plan }
            }
            return nil
        }

        private func plan() -> String {
            let descriptor = open("\(path)/plan", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return "" }
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: Self.maximum)
            let count = read(descriptor, &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        }

        private func note(_ line: String) {
            let descriptor = open("\(path)/reached", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { return }
            defer { close(descriptor) }
            // Programs of several users write to it, whoever was the first; one write of a line is never mixed with another's.
            fchmod(descriptor, 0o666)
            let bytes = Array(line.utf8)
            _ = write(descriptor, bytes, bytes.count)
        }
    }
#endif
