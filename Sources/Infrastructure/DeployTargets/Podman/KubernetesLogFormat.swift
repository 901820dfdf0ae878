import PlatformModel

/// A line of conmon's k8s-file: `2026-11-21T12:27:33.731964791+00:00 stdout F text`; `P` means that the line goes on.
enum KubernetesLogFormat {
    struct Entry: Hashable {
        var time: Timestamp
        var stream: ContainerLine.Stream
        var isPartial: Bool
        var text: String
    }

    /// nil for what is not such a line (the rest of one whose beginning was rotated away).
    static func parse(_ line: some Collection<UInt8>) -> Entry? {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[2].elementsEqual("F".utf8) || parts[2].elementsEqual("P".utf8),
            let stream = ContainerLine.Stream(rawValue: String(decoding: parts[1], as: UTF8.self)), stream != .notice,
            let time = time(String(decoding: parts[0], as: UTF8.self))
        else { return nil }
        return Entry(
            time: time, stream: stream, isPartial: parts[2].first == UInt8(ascii: "P"),
            text: String(decoding: parts[3], as: UTF8.self))
    }

    /// conmon writes the machine's own offset from UTC.
    private static func time(_ text: String) -> Timestamp? {
        guard text.utf8.count > 25 else { return Timestamp(text) }
        let zone = text.suffix(6)
        guard let sign = zone.first, sign == "+" || sign == "-", let base = Timestamp(text.dropLast(6) + "Z") else {
            return Timestamp(text)
        }
        guard let hours = Int64(zone.dropFirst().prefix(2)), let minutes = Int64(zone.suffix(2)) else { return nil }
        let offset = (hours * 60 + minutes) * 60_000
        return Timestamp(milliseconds: base.milliseconds - (sign == "+" ? offset : -offset))
    }
}
