/// SHA-1 (FIPS 180-4), for `sha1sum`.
enum SHA1 {
    static func digest(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        for block in MessageBlocks(message) {
            var words = block
            for index in 16..<80 {
                words.append(rotate(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1))
            }
            var work = state
            for index in 0..<80 {
                let (mix, constant) = round(index / 20, work)
                let next = rotate(work[0], 5) &+ mix &+ work[4] &+ constant &+ words[index]
                work = [next, work[0], rotate(work[1], 30), work[2], work[3]]
            }
            for index in 0..<5 { state[index] &+= work[index] }
        }
        return state.flatMap(MessageBlocks.bytes)
    }

    private static func round(_ number: Int, _ work: [UInt32]) -> (UInt32, UInt32) {
        switch number {
        case 0: ((work[1] & work[2]) | (~work[1] & work[3]), 0x5A82_7999)
        case 1: (work[1] ^ work[2] ^ work[3], 0x6ED9_EBA1)
        case 2: ((work[1] & work[2]) | (work[1] & work[3]) | (work[2] & work[3]), 0x8F1B_BCDC)
        default: (work[1] ^ work[2] ^ work[3], 0xCA62_C1D6)
        }
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
}
