import Glibc

/// What libFuzzer calls with every input. `MARTLET_FUZZ_TARGET` names the parser.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    do throws(BrokenPromise) { try chosen.run(bytes) } catch { fatalError("\(chosen.name): \(error)") }
    return 0
}

private let chosen: FuzzTarget = {
    let name = getenv("MARTLET_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
        fatalError("MARTLET_FUZZ_TARGET is none of \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
    }
    return target
}()
