package dynamostore

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
)

const (
	// maxItem is what an item holds, names of attributes included, and maxTransaction and maxTransactionBytes what a
	// transaction does (quotas of DynamoDB in the developer guide).
	maxItem             = 400 << 10
	maxTransaction      = 100
	maxTransactionBytes = 4 << 20
	// maxBody bounds what a body may unpack to.
	maxBody = 64 << 20
)

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func binary(b []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: b} }

// instant is a time that conditions compare: nanoseconds since 1970, 0 for the zero time.
func instant(t time.Time) types.AttributeValue {
	if t.IsZero() {
		return number(0)
	}
	return number(t.UnixNano())
}

// when is a time that people read.
func when(t time.Time) types.AttributeValue { return text(t.UTC().Format(time.RFC3339Nano)) }

func (r reader) instant(name string) time.Time {
	if n := r.number(name); n != 0 {
		return time.Unix(0, n).UTC()
	}
	return time.Time{}
}

// reader reads an item's attributes and keeps the first fault.
type reader struct {
	item item
	err  *error
}

// read reads an item in the form that this release writes; one of a newer release is its first fault.
func read(i item) reader {
	r := raw(i)
	if f, known := formOf(i); known {
		r.item, *r.err = f.present(i)
	}
	return r
}

// raw reads an item as it is.
func raw(i item) reader { return reader{i, new(error)} }

func (r reader) fail(name, want string) {
	if *r.err == nil {
		*r.err = fmt.Errorf("attribute %s is no %s", name, want)
	}
}

// text is a string, empty when there is none.
func (r reader) text(name string) string {
	switch v := r.item[name].(type) {
	case nil:
		return ""
	case *types.AttributeValueMemberS:
		return v.Value
	}
	r.fail(name, "string")
	return ""
}

// number is a whole number, 0 when there is none.
func (r reader) number(name string) int64 {
	switch v := r.item[name].(type) {
	case nil:
		return 0
	case *types.AttributeValueMemberN:
		if n, err := strconv.ParseInt(v.Value, 10, 64); err == nil {
			return n
		}
	}
	r.fail(name, "whole number")
	return 0
}

// when is a time that people read, zero when there is none.
func (r reader) when(name string) time.Time {
	s := r.text(name)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		r.fail(name, "time")
	}
	return t
}

// body unpacks the compressed attribute body. That of a form which is not known is not tried.
func (r reader) body() []byte {
	if *r.err != nil {
		return nil
	}
	v, ok := r.item["body"].(*types.AttributeValueMemberB)
	if !ok {
		r.fail("body", "binary")
		return nil
	}
	b, err := unpack(v.Value)
	if err != nil {
		*r.err = errors.Join(*r.err, fmt.Errorf("unpack attribute body: %w", err))
	}
	return b
}

// packers are kept because each is about a megabyte to make.
var packers = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, flate.DefaultCompression)
	if err != nil {
		panic("the default level of compression is not allowed: " + err.Error())
	}
	return w
}}

// pack compresses by DEFLATE.
func pack(b []byte) []byte {
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	var buf bytes.Buffer
	w.Reset(&buf)
	// A buffer takes everything.
	_, _ = w.Write(b)
	_ = w.Close()
	return buf.Bytes()
}

func unpack(b []byte) ([]byte, error) {
	r := flate.NewReader(bytes.NewReader(b))
	out, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err == nil && len(out) > maxBody {
		err = fmt.Errorf("more than %d bytes", maxBody)
	}
	return out, err
}

// packJSON is a value as compressed JSON, the same for the same value.
func packJSON(v any) (types.AttributeValue, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	return binary(pack(b)), nil
}

// size is what DynamoDB counts for an item, or a little more.
func size(i item) int {
	n := 0
	for name, value := range i {
		n += len(name)
		switch v := value.(type) {
		case *types.AttributeValueMemberS:
			n += len(v.Value)
		case *types.AttributeValueMemberB:
			n += len(v.Value)
		default:
			n += 21
		}
	}
	return n
}

// decode reads the compressed JSON in the attribute body.
func (r reader) decode(into any) {
	if body := r.body(); *r.err == nil {
		*r.err = json.Unmarshal(body, into)
	}
}

// fits tells whether an item is small enough for DynamoDB.
func fits(i item) error {
	if n := size(i); n > maxItem {
		return fmt.Errorf("it has %d bytes, an item holds %d", n, maxItem)
	}
	return nil
}

// name is an item's partition key without its prefix.
func (r reader) name(prefix string) string {
	return strings.TrimPrefix(r.text(deploy.PartitionKey), prefix)
}
