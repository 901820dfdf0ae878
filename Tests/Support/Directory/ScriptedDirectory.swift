import Dispatch
import Glibc
import Synchronization

/// A directory that answers searches as a test says, the truth or not, on a Unix socket. Binds succeed with any password but "wrong".
package final class ScriptedDirectory: Sendable {
    package struct Search: Sendable, Hashable {
        package var base: String
        /// RFC 4515, with every byte of a value escaped that is not a letter, a digit, or one of `=,.-_@ `.
        package var filter: String
        package var attributes: [String]
        /// Of the page that is asked for; nil without paging.
        package var cookie: [UInt8]?
    }

    package enum Part: Sendable {
        case entry(dn: String, [String: [[UInt8]]])
        case reference(String)
        case end(code: Int = 0, message: String = "", cookie: [UInt8]? = nil)
        /// What follows nothing that LDAP knows.
        case bytes([UInt8])
        /// The entry again and again, until the client goes.
        case endless(dn: String)

        package static func entry(dn: String, texts: [String: [String]]) -> Part {
            .entry(dn: dn, texts.mapValues { $0.map { Array($0.utf8) } })
        }
    }

    package typealias Answer = @Sendable (Search) -> [Part]

    private struct State {
        var searches: [Search] = []
        var isStopped = false
    }

    private let listener: ListeningSocket
    private let answer: Answer
    private let state = Mutex(State())

    package init(at path: String, _ answer: @escaping Answer) throws {
        listener = try ListeningSocket(unix: path)
        self.answer = answer
        DispatchQueue(label: "scripted directory").async { [self] in accept() }
    }

    package var searches: [Search] { state.withLock(\.searches) }

    package func stop() { state.withLock { $0.isStopped = true } }

    private func accept() {
        while !state.withLock(\.isStopped) {
            var entry = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 20) > 0 else { continue }
            let client = Glibc.accept(listener.descriptor, nil, nil)
            guard client >= 0 else { continue }
            // Threads of its own: what it does with a connection blocks.
            DispatchQueue(label: "scripted directory's connection").async { [self] in
                serve(client)
                close(client)
            }
        }
    }

    private func serve(_ client: Int32) {
        var bytes: [UInt8] = []
        while !state.withLock(\.isStopped) {
            var entry = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 20) > 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            bytes += buffer[..<count]
            while let message = BER.next(&bytes) { guard answer(to: message.children, client) else { return } }
        }
    }

    /// False when the connection is over.
    private func answer(to message: [BER.Element], _ client: Int32) -> Bool {
        guard message.count >= 2 else { return false }
        let id = message[0].int, request = message[1]
        switch request.tag {
        case 0x60:
            let isWrong = request.children.last?.text == "wrong"
            return send(client, id, Self.result(0x61, code: isWrong ? 49 : 0, ""))
        case 0x63:
            let search = Self.search(request.children, controls: message.count > 2 ? message[2].children : [])
            state.withLock { $0.searches.append(search) }
            return answer(search).allSatisfy { send($0, to: client, id) }
        // Abandon has no answer; unbind is the end.
        case 0x50: return true
        default: return false
        }
    }

    private func send(_ part: Part, to client: Int32, _ id: Int) -> Bool {
        switch part {
        case .entry(let dn, let values): return send(client, id, Self.entry(dn, values))
        case .reference(let url): return send(client, id, BER.make(0x73, BER.text(url)))
        case .end(let code, let message, let cookie):
            let control = cookie.map { cookie in
                let value = BER.make(0x30, [BER.int(0), BER.make(0x04, cookie)])
                return BER.make(0xa0, BER.make(0x30, [BER.text("1.2.840.113556.1.4.319"), BER.make(0x04, value)]))
            }
            return send(client, id, Self.result(0x65, code: code, message), control ?? [])
        case .bytes(let bytes): return write(client, bytes)
        case .endless(let dn):
            while !state.withLock(\.isStopped) { guard send(client, id, Self.entry(dn, [:])) else { return false } }
            return false
        }
    }

    private func send(_ client: Int32, _ id: Int, _ operation: [UInt8], _ controls: [UInt8] = []) -> Bool {
        write(client, BER.make(0x30, [BER.int(id), operation, controls]))
    }

    private func write(_ client: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count, !state.withLock(\.isStopped) {
            var entry = pollfd(fd: client, events: Int16(POLLOUT), revents: 0)
            guard poll(&entry, 1, 20) > 0 else { continue }
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return sent == bytes.count
    }

    private static func result(_ tag: UInt8, code: Int, _ message: String) -> [UInt8] {
        BER.make(tag, [BER.int(code, tag: 0x0a), BER.text(""), BER.text(message)])
    }

    private static func entry(_ dn: String, _ values: [String: [[UInt8]]]) -> [UInt8] {
        let attributes = values.sorted { $0.key < $1.key }.map { name, list in
            BER.make(0x30, [BER.text(name), BER.make(0x31, list.map { BER.make(0x04, $0) })])
        }
        return BER.make(0x64, [BER.text(dn), BER.make(0x30, attributes)])
    }

    private static func search(_ parts: [BER.Element], controls: [BER.Element]) -> Search {
        let page = controls.first { $0.children.first?.text == "1.2.840.113556.1.4.319" }
        let value = page?.children.last.flatMap { BER.elements($0.content).first }
        return Search(
            base: parts[0].text, filter: filter(parts[6]), attributes: parts[7].children.map(\.text),
            cookie: value?.children.last?.content)
    }

    private static func filter(_ element: BER.Element) -> String {
        let parts = element.children
        switch element.tag {
        case 0xa0: return "(&\(parts.map(filter).joined()))"
        case 0xa1: return "(|\(parts.map(filter).joined()))"
        case 0xa2: return "(!\(parts.map(filter).joined()))"
        case 0xa3: return "(\(parts[0].text)=\(escape(parts[1].content)))"
        case 0x87: return "(\(element.text)=*)"
        case 0xa9:
            func part(_ tag: UInt8) -> [UInt8] { parts.first { $0.tag == tag }?.content ?? [] }
            return
                "(\(String(decoding: part(0x82), as: UTF8.self)):\(String(decoding: part(0x81), as: UTF8.self)):=\(escape(part(0x83))))"
        default: return "(unknown)"
        }
    }

    private static func escape(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain = byte < 0x80 && (scalar.properties.isAlphabetic || "0123456789=,.-_@ ".unicodeScalars.contains(scalar))
            let digits = String(byte, radix: 16)
            return isPlain ? String(scalar) : "\\" + (byte < 16 ? "0" : "") + digits
        }
        .joined()
    }
}
