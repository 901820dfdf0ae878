/// How much text may be copied: a map of values that a hundred containers take over whole is written a hundred times.
struct ImportBudget {
    private var left: Int

    init(bytes: Int = 2 << 20) { left = bytes }

    /// - Throws: Past the bound.
    mutating func spend(_ bytes: Int) throws(ImportRefusal) {
        left -= bytes + 32
        if left < 0 { throw ImportRefusal.tooLarge }
    }
}

/// Nothing can be made of the source.
enum ImportRefusal: Error {
    case tooLarge
}
