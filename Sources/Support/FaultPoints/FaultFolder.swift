#if DEBUG
    import Glibc

    /// The folder of `MARTLET_FAULT_FOLDER`, by which a test chooses faults while the programs run, and hears what came by.
    ///
    /// - `plan`: lines as in `MARTLET_FAULT`, looked at whenever a point is reached; each fires once for each verb. A first line
    ///   `run NAME` that is another than before has occurrences counted anew.
    ///   A line of the form `name/*=...` fires once for each verb and subject.
    /// - `fired.PLACE.VERB`: made when one fires, `PLACE` being the point, with `@OCCURRENCE` unless it is the first; the process that it
    ///   hit is in it. Of a line for each subject it is `fired.PLACE.VERB.SUBJECT`.
    /// - `reached`: a line `POINT VERB` each time that a point is reached; `-` where there is no verb.
    package struct FaultFolder: Sendable, Hashable {
        package let path: String
        /// Bytes of `plan`.
        private static let maximum = 16 << 10

        package init(_ path: String) { self.path = path }

        /// The folder of this process, read once.
        static let current: FaultFolder? = FaultPlan.environment("MARTLET_FAULT_FOLDER").map { FaultFolder($0) }

        /// What is asked for at this point and verb. Notes that the point was reached.
        package func plans(at point: FaultPoint, verb: String?, subject: String? = nil) -> [FaultPlan] {
            let word = verb ?? "-"
            note("\(point.name) \(word)\n")
            let lines = plan().split(separator: "\n"), run = lines.first.map { $0.hasPrefix("run ") ? String($0) : "" } ?? ""
            return lines.filter { $0.hasPrefix(point.name) }.compactMap { line in
                guard var plan = FaultPlan(String(line), run: run), plan.point == point, plan.verb.map({ $0 == word }) ?? true
                else { return nil }
                var name = "fired.\(plan.place).\(word)"
                if plan.isForEach { name += "." + (subject ?? "-").replacing("/", with: "_") }
                plan.onceFile = "\(path)/\(name)"
                return plan
            }
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
