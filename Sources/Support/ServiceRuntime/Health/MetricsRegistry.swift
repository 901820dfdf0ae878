import Glibc
import Synchronization

/// Counts and gauges of a process, written as Prometheus text (exposition format 0.0.4).
package final class MetricsRegistry: Sendable {
    private struct Series: Hashable {
        let name: String
        let labels: [String]
    }

    private struct State {
        var help: [String: (type: String, text: String)] = [:]
        var values: [Series: Double] = [:]
        var gauges: [(name: String, read: @Sendable () -> Double)] = []
        var inFlight = 0
        var answered: [Answered: Int] = [:]
        /// By route.
        var durations: [String: Durations] = [:]
    }

    private struct Answered: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    private struct Durations {
        /// As in `buckets`, each alone; then what took longer.
        var counts = [Int](repeating: 0, count: buckets.count + 1)
        var seconds = 0.0
    }

    /// Upper bounds in seconds; beyond the last is +Inf.
    private static let buckets = [0.005, 0.025, 0.1, 0.5, 2.5, 10]
    /// Beyond this many series new ones are dropped: a label with user data must not fill the memory.
    private static let seriesLimit = 5000

    private let state: Mutex<State>

    package init() {
        var state = State()
        state.help["martlet_requests_total"] = ("counter", "Requests answered, by route, method and code.")
        state.help["martlet_request_seconds"] = ("histogram", "Seconds until the head of the answer, by route.")
        self.state = Mutex(state)
    }

    /// Adds to a counter of the program's own. Labels are fixed words, never user data.
    package func count(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:], by amount: Double = 1) {
        state.withLock {
            $0.help[name] = ("counter", help)
            Self.add(amount, to: Series(name: name, labels: labels.map { Self.label($0, $1) }), &$0)
        }
    }

    /// A gauge that is read when the metrics are.
    package func gauge(_ name: String, help: String, read: @escaping @Sendable () -> Double) {
        state.withLock {
            $0.help[name] = ("gauge", help)
            $0.gauges.append((name, read))
        }
    }

    func requestBegan() { state.withLock { $0.inFlight += 1 } }

    func requestEnded(route: String, method: String, status: Int, after duration: Duration) {
        let (whole, atto) = duration.components
        let seconds = Double(whole) + Double(atto) / 1e18
        let answered = Answered(route: route, method: method, status: status)
        let bucket = Self.buckets.firstIndex { seconds <= $0 } ?? Self.buckets.count
        state.withLock { state in
            state.inFlight -= 1
            if state.answered[answered] != nil || state.answered.count < Self.seriesLimit {
                state.answered[answered, default: 0] += 1
            }
            if state.durations[route] != nil || state.durations.count < Self.seriesLimit {
                state.durations[route, default: Durations()].counts[bucket] += 1
                state.durations[route]?.seconds += seconds
            }
        }
    }

    /// The text that `/metrics` answers.
    package var text: String {
        var state = state.withLock { $0 }
        Self.addRequests(to: &state)
        var lines: [String] = []
        for (name, help) in state.help.sorted(by: { $0.key < $1.key }) {
            lines += ["# HELP \(name) \(help.text)", "# TYPE \(name) \(help.type)"]
            let series = state.values.filter {
                $0.key.name == name || help.type == "histogram" && $0.key.name.hasPrefix(name + "_")
            }
            lines += series.map { "\($0.key.name)\(Self.braces($0.key.labels)) \($0.value)" }.sorted()
            lines += state.gauges.filter { $0.name == name }.map { "\(name) \($0.read())" }
        }
        lines += ["# TYPE martlet_requests_in_flight gauge", "martlet_requests_in_flight \(state.inFlight)"]
        lines += [
            "# TYPE process_resident_memory_bytes gauge", "process_resident_memory_bytes \(ProcessMemory.residentBytes)",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// What was counted of requests, as series.
    private static func addRequests(to state: inout State) {
        for (answered, count) in state.answered {
            let labels = [
                label("route", answered.route), label("method", answered.method), label("code", String(answered.status)),
            ]
            state.values[Series(name: "martlet_requests_total", labels: labels)] = Double(count)
        }
        let name = "martlet_request_seconds"
        for (route, durations) in state.durations {
            let route = label("route", route)
            var count = 0
            for (bound, one) in zip(buckets.map { "\($0)" } + ["+Inf"], durations.counts) {
                count += one
                state.values[Series(name: name + "_bucket", labels: [route, label("le", bound)])] = Double(count)
            }
            state.values[Series(name: name + "_count", labels: [route])] = Double(count)
            state.values[Series(name: name + "_sum", labels: [route])] = durations.seconds
        }
    }

    private static func add(_ amount: Double, to series: Series, _ state: inout State) {
        guard state.values[series] != nil || state.values.count < seriesLimit else { return }
        state.values[series, default: 0] += amount
    }

    private static func label(_ name: String, _ value: String) -> String {
        let escaped = value.map { $0 == "\\" ? "\\\\" : $0 == "\"" ? "\\\"" : $0.isNewline ? "\\n" : String($0) }.joined()
        return "\(name)=\"\(escaped)\""
    }

    private static func braces(_ labels: [String]) -> String { labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}" }
}
