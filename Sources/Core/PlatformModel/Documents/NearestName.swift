/// The known name that a misspelt one was probably meant to be, or nil when none is near.
///
/// Near is an edit distance (with transpositions) of at most a third of the longer name, and at least 2 for names over 3 letters.
package func nearestName(to name: String, among known: some Sequence<String>) -> String? {
    let folded = name.lowercased()
    let best = known.map { ($0, editDistance(folded, $0.lowercased())) }.min { ($0.1, $0.0) < ($1.1, $1.0) }
    guard let (candidate, distance) = best else { return nil }
    let longer = max(candidate.count, name.count)
    return distance <= max(longer > 3 ? 2 : 1, longer / 3) ? candidate : nil
}

/// Edits to get from one to the other: insert, delete, replace, swap neighbours (optimal string alignment).
private func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.unicodeScalars.prefix(200)), right = Array(right.unicodeScalars.prefix(200))
    if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
    var beforeLast = [Int](), last = Array(0...right.count)
    for row in 1...left.count {
        var current = [row]
        for column in 1...right.count {
            let cost = left[row - 1] == right[column - 1] ? 0 : 1
            var best = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + cost)
            if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                best = min(best, beforeLast[column - 2] + 1)
            }
            current.append(best)
        }
        beforeLast = last
        last = current
    }
    return last[right.count]
}
