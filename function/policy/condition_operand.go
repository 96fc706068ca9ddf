package policy

import (
	"bytes"
	"encoding/base64"
	"net/netip"
	"strings"
	"time"
)

// subject is a key's value, as far as it is known.
type subject struct {
	text string
	form form
	// prefix is what the text's qualified forms begin with.
	prefix string
}

// form says how much of a subject is known.
type form int

const (
	formExact     form = iota
	formPrefix         // text is how it begins
	formQualified      // it is text, or prefix and more
	formLike           // it matches text, a pattern with * and ? that match within the segments of an ARN
)

// operand is one value that a condition compares with, worked out for its operator's family.
type operand struct {
	text     string
	variable *template
	// segments are the text's, where it is an ARN without variables.
	segments *arn
	number   decimal
	instant  time.Time
	network  netip.Prefix
	raw      []byte
	// reading is True for a value of its family's form, Undecided for one that a service might still understand, and
	// False for one that matches nothing.
	reading Truth
}

func compileOperand(f family, text string, variables bool) operand {
	o := operand{text: text, reading: True}
	var ok bool
	switch f {
	case familyNumeric:
		o.number, ok = parseDecimal(text)
	case familyDate:
		if o.instant, ok = ParseDate(text); !ok {
			o.reading = undecidedIf(looksLikeDate(text))
			return o
		}
	case familyBinary:
		var err error
		o.raw, err = base64.StdEncoding.DecodeString(text)
		ok = err == nil
	case familyIP:
		o.network, ok = parseNetwork(text)
	case familyNull:
		ok = true
	default:
		o.text, o.variable = parsePattern(text, f.hasWildcards(), variables)
		ok = f != familyARN || o.variable != nil || strings.HasSuffix(o.text, runMark)
		if a, isARN := splitARN(o.text); f == familyARN && o.variable == nil && isARN {
			o.segments, ok = &a, true
		}
	}
	o.reading = trueIf(ok)
	return o
}

// isShort reports whether the operand is a pattern of ARNs with fewer than their six segments: what it matches is documented
// nowhere (rule 30).
func (o *operand) isShort(f family) bool {
	return f == familyARN && o.reading == True && o.variable == nil && o.segments == nil && !o.matchesEverything()
}

func (o *operand) matchesEverything() bool {
	return o.variable == nil && o.text != "" && strings.Trim(o.text, runMark) == ""
}

// matchesNothing says whether no value at all meets the operand.
func (o *operand) matchesNothing(f family, ctx *Context) bool {
	if o.reading == False {
		return true
	}
	text := o.text
	if o.variable != nil {
		var state resolution
		if text, state = o.variable.resolve(ctx); state != stateResolved {
			return state == stateUnresolved
		}
	}
	return f == familyBool && !isBoolean(text)
}

func isBoolean(text string) bool {
	return strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
}

// reads says whether a request's value is of the family's type.
func (f family) reads(text string) (ok bool) {
	switch f {
	case familyNumeric:
		_, ok = parseDecimal(text)
	case familyDate:
		_, ok = ParseDate(text)
	case familyIP:
		_, err := netip.ParseAddr(text)
		ok = err == nil
	case familyARN:
		_, ok = splitARN(text)
	default:
		ok = true
	}
	return ok
}

// matches compares one operand with one value; it leaves negation to the condition.
func (o *operand) matches(op *operator, s subject, ctx *Context) Truth {
	if o.reading != True {
		return and(o.reading, trueIf(s.form != formExact || op.family.reads(s.text)))
	}
	if op.family.isText() {
		return o.matchesText(op.family, s, ctx)
	}
	if s.form == formPrefix || s.form == formLike {
		return Undecided
	}
	switch op.family {
	case familyNumeric:
		n, ok := parseDecimal(s.text)
		return trueIf(ok && op.order.admits(n.compare(o.number)))
	case familyDate:
		t, ok := ParseDate(s.text)
		return trueIf(ok && op.order.admits(t.Compare(o.instant)))
	case familyBinary:
		raw, err := base64.StdEncoding.DecodeString(s.text)
		return trueIf(err == nil && bytes.Equal(raw, o.raw))
	case familyIP:
		addr, err := netip.ParseAddr(s.text)
		return trueIf(err == nil && o.network.Contains(addr))
	}
	return False
}

// admits takes the result of a comparison: below, at or above zero.
func (o ordering) admits(comparison int) bool {
	switch {
	case comparison < 0:
		return o&orderLess != 0
	case comparison > 0:
		return o&orderGreater != 0
	}
	return o&orderEqual != 0
}

func (o *operand) matchesText(f family, s subject, ctx *Context) Truth {
	if o.segments != nil && s.form == formExact {
		return trueIf(o.segments.matchesText(s.text))
	}
	if s.form == formLike {
		return undecidedIf(!o.isApart(f, s.text))
	}
	text, state := o.text, stateResolved
	if o.variable != nil {
		if text, state = o.variable.resolve(ctx); state == stateUnresolved {
			return False
		}
	}
	var t Truth
	switch s.form {
	case formExact:
		t = compareText(f, text, s.text, state)
	case formPrefix:
		t = comparePrefix(f, text, s.text, state)
	case formQualified:
		if t = compareText(f, text, s.text, state); t == False && compareExtension(f, text, s.prefix, isQualifierByte) {
			t = Undecided
		}
	}
	if state == stateUncertain && (t == True || f == familyARN && o.variable.isInHead() && s.form.isWithin(text, s.text)) {
		return Undecided
	}
	return t
}

// isWithin reports whether a value may match a glob as a whole, and not segment by segment: the value of a variable that stands before
// the last segment of an ARN may hold colons. Of a value that is known in part it may.
func (f form) isWithin(glob, value string) bool {
	_, isARN := splitARN(value)
	return f != formExact || isARN && matchGlob(glob, value)
}

// compareText compares text with a value that is known.
func compareText(f family, text, value string, state resolution) Truth {
	switch {
	case f == familyARN:
		return matchARN(text, value)
	case f == familyLike:
		return trueIf(matchGlob(text, value))
	case f == familyBool && !isBoolean(value):
		return False
	case f == familyString && state == stateResolved:
		return trueIf(text == value)
	case f == familyString:
		return trueIf(matchGlob(text, value))
	case state == stateResolved:
		return trueIf(strings.EqualFold(text, value))
	}
	return trueIf(matchGlob(lowerGlob(text), strings.ToLower(value)))
}

// lowerGlob lower-cases what stands between the runs, which strings.ToLower alone would spoil.
func lowerGlob(glob string) string {
	chunks := strings.Split(glob, runMark)
	for i := range chunks {
		chunks[i] = strings.ToLower(chunks[i])
	}
	return strings.Join(chunks, runMark)
}

// comparePrefix compares text with a value of which the beginning is known.
func comparePrefix(f family, text, prefix string, state resolution) Truth {
	if f == familyLike && state == stateResolved && coversExtensions(text, prefix) {
		return True
	}
	if f == familyARN || f == familyBool {
		return Undecided
	}
	return undecidedIf(compareText(f, text, prefix, state) == True || compareExtension(f, text, prefix, isAnyByte))
}

// compareExtension reports whether some value that begins with prefix, and goes on with bytes that are allowed, meets
// text.
func compareExtension(f family, text, prefix string, allowed func(byte) bool) bool {
	switch f {
	case familyARN:
		pattern, ok := splitARN(text)
		value, isARN := splitARN(prefix)
		if !ok || !isARN {
			return isARN && matchARN(text, prefix) != False
		}
		for i := range arnResource {
			if pattern[i] != value[i] && !matchGlob(pattern[i], value[i]) {
				return false
			}
		}
		return canExtend(pattern[arnResource], value[arnResource], allowed)
	case familyBool:
		return false
	case familyStringFold:
		text, prefix = lowerGlob(text), strings.ToLower(prefix)
	}
	return canExtend(text, prefix, allowed)
}

func isAnyByte(byte) bool { return true }

// isQualifierByte accepts what Lambda accepts in a version ("3", "$LATEST") or an alias.
func isQualifierByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '_' || b == '-' || b == '$'
}

// matchARN matches two ARNs segment by segment (rule 30). A pattern that has fewer than six segments is no ARN; where
// it matches as plain text, some service may take it for one.
func matchARN(glob, value string) Truth {
	v, ok := splitARN(value)
	if !ok {
		return False
	}
	if glob == runMark {
		return True
	}
	p, ok := splitARN(glob)
	if !ok {
		return undecidedIf(strings.HasSuffix(glob, runMark) && matchGlob(glob, value))
	}
	return trueIf(p.matches(&v))
}

// matches takes a for globs.
func (a *arn) matches(value *arn) bool {
	for i := range a {
		if a[i] != value[i] && !matchGlob(a[i], value[i]) {
			return false
		}
	}
	return true
}

func (a *arn) matchesText(text string) bool {
	value, ok := splitARN(text)
	return ok && a.matches(&value)
}
