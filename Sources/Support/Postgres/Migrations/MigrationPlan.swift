/// What the database says it has, against the files that there are.
enum MigrationPlan {
    struct Applied: Sendable, Hashable {
        let number: Int
        let name: String
        let checksum: String
    }

    /// The files still to apply, in order. Refuses a gap in the numbers, a file that changed after it was applied, and
    /// a database that a newer version of this program has migrated.
    static func pending(
        files: [(file: MigrationFile, checksum: String)], applied: [Applied]
    ) throws(MigrationError) -> [(file: MigrationFile, checksum: String)] {
        for (index, entry) in files.enumerated() where entry.file.number != index + 1 {
            throw MigrationError(
                .gap, "number \(index + 1) is missing before \(entry.file.fileName); migrations are numbered without gaps")
        }
        for done in applied.sorted(by: { $0.number < $1.number }) {
            guard done.number <= files.count else {
                throw MigrationError(
                    .newer,
                    "the database has migration \(done.number) (\(done.name)), this program knows only \(files.count); "
                        + "use the newer program that migrated it")
            }
            let (file, checksum) = files[done.number - 1]
            guard file.name == done.name, checksum == done.checksum || file.earlierChecksums.contains(done.checksum) else {
                throw MigrationError(
                    .changed,
                    "\(file.fileName) is not the file that was applied as \(done.number) (\(done.name)); restore it and write "
                        + "the change as a new migration")
            }
        }
        let present = Set(applied.map(\.number))
        if let highest = present.max(), let hole = (1...highest).first(where: { !present.contains($0) }) {
            throw MigrationError(.gap, "the database has migration \(highest) but not \(hole); restore it from a backup")
        }
        return files.filter { !present.contains($0.file.number) }
    }
}
