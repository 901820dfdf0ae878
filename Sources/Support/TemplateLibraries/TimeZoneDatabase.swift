import Glibc
import Templating

extension TemplateLibraries {
    /// libcrypto, and the tz database of the machine.
    package static let machine = TemplateLibraries(cryptography: LibraryCryptography(), timeZones: TimeZoneDatabase.zone)
}

/// The tz database of the machine.
package enum TimeZoneDatabase {
    private static let folder = "/usr/share/zoneinfo/"

    /// The file of a zone such as `Europe/Berlin`; nil when there is none. The name comes from a template: no path leaves the folder.
    package static func zone(_ name: String) -> [UInt8]? {
        let isName = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "/_+-".utf8.contains(byte)
        }
        guard isName, !name.isEmpty, name.utf8.count < 64, !name.hasPrefix("/") else { return nil }
        let descriptor = open(folder + name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536), count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { return nil }
            if got == 0 { return Array(bytes.prefix(count)) }
            count += got
        }
        return nil
    }
}
