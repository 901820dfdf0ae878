/// What a listener hears.
package enum Notification: Sendable, Hashable {
    /// From here on notifications arrive: at first, and again after a lost connection. Poll once, since whatever was
    /// sent before went unheard.
    case reconnected
    /// Somebody called NOTIFY.
    case notified(payload: String)
}
