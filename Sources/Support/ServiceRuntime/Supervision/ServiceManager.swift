import CSystemd
import Glibc

/// What systemd (or whoever holds `NOTIFY_SOCKET`) is told of this process (sd_notify(3)). Does nothing where nobody listens.
package enum ServiceManager {
    package static func ready() { notify("READY=1\nSTATUS=serving") }
    package static func waiting(for what: String) { notify("STATUS=waiting for: \(what)") }
    package static func stopping() { notify("STOPPING=1\nSTATUS=draining") }
    package static func alive() { notify("WATCHDOG=1") }

    /// Within this time `alive` must be said again; nil when nobody watches (`WATCHDOG_USEC`).
    package static var watchdogTimeout: Duration? {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
        return .microseconds(Int64(clamping: microseconds))
    }

    private static func notify(_ state: String) { sd_notify(0, state) }
}
