import CCrypto
import Glibc

extension Certificate {
    /// Seconds since 1970 until which it is good.
    package func goodUntil() throws(CryptographyError) -> Int64 {
        var end = tm()
        try check(ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end), "ASN1_TIME_to_tm")
        return Int64(timegm(&end))
    }

    /// Whether it is for a server of this DNS name or address.
    package func isFor(_ name: String) -> Bool {
        defer { ERR_clear_error() }
        return X509_check_ip_asc(certificate, name, 0) == 1 || X509_check_host(certificate, name, name.utf8.count, 0, nil) == 1
    }
}
