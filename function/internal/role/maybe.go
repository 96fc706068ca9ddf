// Package role holds what is known of an execution role and of the functions that use it. Everything in it is
// known, absent or unknown; what was not read is unknown, never absent. It owns the shapes and leaves reading
// them to the adapters and judging them to the checks.
package role

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// State distinguishes a value that was read from one that does not exist and one that was not read.
type State int8

// The states. The zero value is Unknown, so that a value that was not set is not considered absent.
const (
	Unknown State = iota
	Absent
	Known
)

// Maybe is a value that is known, absent or unknown.
//
// The two fields of a Reason are fields of their own here: a large account has millions of these, and next to state the kind takes
// no room.
type Maybe[T any] struct {
	value T
	why   string
	state State
	kind  reasonKind
}

// Have is a known value.
func Have[T any](v T) Maybe[T] { return Maybe[T]{state: Known, value: v} }

// None is a value that was searched for and does not exist.
func None[T any]() Maybe[T] { return Maybe[T]{state: Absent} }

// NotRead is a value that is unknown; why says what would have to be read.
func NotRead[T any](why Reason) Maybe[T] { return Maybe[T]{why: why.text, kind: why.kind} }

// State is which of the three it is.
func (m Maybe[T]) State() State { return m.state }

// Get gives the value, and whether it is known.
func (m Maybe[T]) Get() (T, bool) { return m.value, m.state == Known }

// Or gives the value, or v when it is not known.
func (m Maybe[T]) Or(v T) T {
	if m.state == Known {
		return m.value
	}
	return v
}

// Reason is why a value is unknown; zero if no reason was given.
func (m Maybe[T]) Reason() Reason { return Reason{m.why, m.kind} }

// Why says why a value is unknown.
func (m Maybe[T]) Why() string {
	why := m.Reason()
	if m.state == Unknown && !why.Given() {
		return "not read"
	}
	return why.String()
}

// written is a Maybe in JSON: {"value":...} when known, {} when absent, {"why":"..."} when unknown. A member that is not
// there at all leaves the Maybe as it is: not read, for a fresh one.
type written[T any] struct {
	Value *T      `json:"value,omitzero"`
	Why   *Reason `json:"why,omitzero"`
}

// MarshalJSONTo writes it with its state.
func (m Maybe[T]) MarshalJSONTo(out *jsontext.Encoder) error {
	var w written[T]
	switch m.state {
	case Known:
		w.Value = &m.value
	case Unknown:
		why := m.Reason()
		w.Why = &why
	}
	return json.MarshalEncode(out, w, json.Deterministic(true))
}

// UnmarshalJSONFrom reads what MarshalJSONTo writes, and rejects anything else.
func (m *Maybe[T]) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	var w written[T]
	if err := json.UnmarshalDecode(in, &w, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	switch {
	case w.Value != nil:
		*m = Have(*w.Value)
	case w.Why != nil:
		*m = NotRead[T](*w.Why)
	default:
		*m = None[T]()
	}
	return nil
}
