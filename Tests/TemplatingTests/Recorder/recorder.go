// Records what Go's text/template answers for each case of cases.txt.
//
// A case is a block: a line "=== name", the template, and optionally a line "--- data" and JSON. The first block is the data
// of all cases that bring none.
package main

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"net/url"
	"os"
	"path"
	"reflect"
	"strings"
	"text/template"
	"time"
)

type recorded struct {
	Name     string  `json:"name"`
	Template string  `json:"template"`
	Data     any     `json:"data,omitempty"`
	Output   *string `json:"output,omitempty"`
	Error    *string `json:"error,omitempty"`
}

func encode(v any, escape bool, indent string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(escape)
	encoder.SetIndent("", indent)
	if encoder.Encode(v) != nil {
		return ""
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func number(v any) int64 {
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Int, reflect.Int64:
		return r.Int()
	case reflect.Float64:
		return int64(r.Float())
	}
	return 0
}

func empty(v any) bool {
	r := reflect.ValueOf(v)
	return (r.Kind() == reflect.Slice || r.Kind() == reflect.Map) && r.Len() == 0
}

var moment = time.Date(2026, 3, 7, 14, 5, 9, 250_000_000, time.UTC)

var functions = template.FuncMap{
	"upper": strings.ToUpper, "lower": strings.ToLower, "title": strings.Title, "trim": strings.TrimSpace,
	"trimAll":    func(a, b string) string { return strings.Trim(b, a) },
	"trimSuffix": func(a, b string) string { return strings.TrimSuffix(b, a) },
	"trimPrefix": func(a, b string) string { return strings.TrimPrefix(b, a) },
	"contains":   func(a, b string) bool { return strings.Contains(b, a) },
	"hasPrefix":  func(a, b string) bool { return strings.HasPrefix(b, a) },
	"hasSuffix":  func(a, b string) bool { return strings.HasSuffix(b, a) },
	"replace":    func(a, b, s string) string { return strings.ReplaceAll(s, a, b) },
	"repeat":     func(n int, s string) string { return strings.Repeat(s, n) },
	"splitList":  func(sep, s string) []string { return strings.Split(s, sep) },
	"splitn": func(sep string, n int, s string) map[string]string {
		out := map[string]string{}
		for i, part := range strings.SplitN(s, sep, n) {
			out[fmt.Sprintf("_%d", i)] = part
		}
		return out
	},
	"toString": func(v any) string { return fmt.Sprintf("%v", v) },
	"quote": func(values ...any) string {
		var out []string
		for _, v := range values {
			if v != nil {
				out = append(out, fmt.Sprintf("%q", fmt.Sprint(v)))
			}
		}
		return strings.Join(out, " ")
	},
	"b64enc": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"b64dec": func(s string) string {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return err.Error()
		}
		return string(b)
	},
	"b32enc": func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) },
	"b32dec": func(s string) string {
		b, err := base32.StdEncoding.DecodeString(s)
		if err != nil {
			return err.Error()
		}
		return string(b)
	},
	"sha1sum":      func(s string) string { return fmt.Sprintf("%x", sha1.Sum([]byte(s))) },
	"sha256sum":    func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) },
	"adler32sum":   func(s string) string { return fmt.Sprint(adler32.Checksum([]byte(s))) },
	"toJson":       func(v any) string { b, _ := json.Marshal(v); return string(b) },
	"toRawJson":    func(v any) string { return encode(v, false, "") },
	"toPrettyJson": func(v any) string { b, _ := json.MarshalIndent(v, "", "  "); return string(b) },
	"fromJson":     func(s string) any { var v any; json.Unmarshal([]byte(s), &v); return v },
	"list":         func(v ...any) []any { return v },
	"dict": func(v ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i+1 < len(v); i += 2 {
			out[fmt.Sprint(v[i])] = v[i+1]
		}
		return out
	},
	"set":       func(d map[string]any, k string, v any) map[string]any { d[k] = v; return d },
	"hasKey":    func(d map[string]any, k string) bool { _, ok := d[k]; return ok },
	"deepEqual": reflect.DeepEqual,
	"typeOf":    func(v any) string { return fmt.Sprintf("%T", v) },
	"int64":     number,
	"int":       func(v any) int { return int(number(v)) },
	"add": func(v ...any) int64 {
		var sum int64
		for _, n := range v {
			sum += number(n)
		}
		return sum
	},
	"div":      func(a, b any) int64 { return number(a) / number(b) },
	"until":    func(n int) []int { out := []int{}; for i := range n { out = append(out, i) }; return out },
	"fail":     func(s string) (string, error) { return "", errors.New(s) },
	"base":     path.Base,
	"dir":      path.Dir,
	"clean":    path.Clean,
	"ext":      path.Ext,
	"now":      func() time.Time { return moment },
	"date":     func(layout string, t any) string { return t.(time.Time).Format(layout) },
	"urlJoin": func(d map[string]any) string {
		get := func(k string) string { s, _ := d[k].(string); return s }
		u := url.URL{Scheme: get("scheme"), Host: get("host"), Path: get("path"), RawQuery: get("query"), Opaque: get("opaque"), Fragment: get("fragment")}
		if user := get("userinfo"); user != "" {
			parsed, err := url.Parse("proto://" + user + "@host")
			if err == nil {
				u.User = parsed.User
			}
		}
		return u.String()
	},
	"reverse": func(v []any) []any {
		out := []any{}
		for i := len(v) - 1; i >= 0; i-- {
			out = append(out, v[i])
		}
		return out
	},
	"rest": func(v []any) []any {
		if len(v) == 0 {
			return nil
		}
		return v[1:]
	},
	"default": func(d any, given ...any) any {
		if len(given) == 0 || given[0] == nil || reflect.ValueOf(given[0]).IsZero() || empty(given[0]) {
			return d
		}
		return given[0]
	},
}

func record(name, text string, data any) recorded {
	result := recorded{Name: name, Template: text, Data: data}
	failed := func(err error) recorded { message := err.Error(); result.Error = &message; return result }
	parsed, err := template.New("t").Funcs(functions).Parse(text)
	if err != nil {
		return failed(err)
	}
	var out bytes.Buffer
	// The template may change its data: it gets its own.
	copied, _ := json.Marshal(data)
	var own any
	json.Unmarshal(copied, &own)
	if err := parsed.Execute(&out, own); err != nil {
		return failed(err)
	}
	output := out.String()
	result.Output = &output
	return result
}

func main() {
	input, _ := io.ReadAll(os.Stdin)
	results := []recorded{}
	var common any
	for index, block := range strings.Split("\n"+string(input), "\n=== ")[1:] {
		name, body, _ := strings.Cut(block, "\n")
		text, dataText, hasData := strings.Cut(body, "\n--- data\n")
		if index == 0 {
			if err := json.Unmarshal([]byte(body), &common); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			continue
		}
		data := common
		if hasData {
			if err := json.Unmarshal([]byte(dataText), &data); err != nil {
				fmt.Fprintln(os.Stderr, name, err)
				os.Exit(1)
			}
		} else {
			text = strings.TrimSuffix(text, "\n")
		}
		result := record(name, text, data)
		if !hasData {
			result.Data = nil
		}
		results = append(results, result)
	}
	fmt.Println(encode(map[string]any{"data": common, "cases": results}, false, "  "))
}
