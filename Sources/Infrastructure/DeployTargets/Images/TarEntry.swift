/// One entry of a tar archive, as its header has it.
struct TarEntry: Equatable {
    enum Kind: Equatable {
        case file(size: Int, isExecutable: Bool)
        case folder
        case symbolicLink(to: [UInt8])
        case hardLink(to: [UInt8])
        /// A device, a pipe, or what only some writers know.
        case other
    }

    var path: [UInt8]
    var kind: Kind
}

/// What a `TarReader` tells of the archive, in its order.
enum TarEvent: Equatable {
    case entry(TarEntry)
    /// Of the file whose entry came last.
    case bytes(ArraySlice<UInt8>)
    /// That file is whole.
    case fileEnd
}
