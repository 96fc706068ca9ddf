package policy

import (
	"slices"
	"strings"
)

// family is how an operator compares.
type family int

const (
	familyString family = iota
	familyStringFold
	familyLike
	familyARN
	familyBool
	familyNumeric
	familyDate
	familyBinary
	familyIP
	familyNull
)

// isText says whether the family compares text, in which variables are replaced. Bool is among them: AWS's page leaves
// it out, its services do not.
func (f family) isText() bool { return f <= familyBool }

// hasWildcards says whether an asterisk in a value is a wildcard.
func (f family) hasWildcards() bool { return f == familyLike || f == familyARN }

// setOperator is ForAllValues, ForAnyValue or neither.
type setOperator int

const (
	setNone setOperator = iota
	setAll
	setAny
)

// ordering is a set of the outcomes of a comparison that meet an operator.
type ordering int

const (
	orderLess ordering = 1 << iota
	orderEqual
	orderGreater
)

// operator is a condition operator, taken apart.
type operator struct {
	family   family
	negated  bool
	order    ordering
	ifExists bool
	set      setOperator
}

// operators are the base operators by lower-cased name. See "IAM JSON policy elements: Condition operators".
var operators = map[string]operator{
	"stringequals":              {family: familyString},
	"stringnotequals":           {family: familyString, negated: true},
	"stringequalsignorecase":    {family: familyStringFold},
	"stringnotequalsignorecase": {family: familyStringFold, negated: true},
	"stringlike":                {family: familyLike},
	"stringnotlike":             {family: familyLike, negated: true},
	"arnequals":                 {family: familyARN},
	"arnlike":                   {family: familyARN},
	"arnnotequals":              {family: familyARN, negated: true},
	"arnnotlike":                {family: familyARN, negated: true},
	"bool":                      {family: familyBool},
	"numericequals":             {family: familyNumeric, order: orderEqual},
	"numericnotequals":          {family: familyNumeric, order: orderEqual, negated: true},
	"numericlessthan":           {family: familyNumeric, order: orderLess},
	"numericlessthanequals":     {family: familyNumeric, order: orderLess | orderEqual},
	"numericgreaterthan":        {family: familyNumeric, order: orderGreater},
	"numericgreaterthanequals":  {family: familyNumeric, order: orderGreater | orderEqual},
	"dateequals":                {family: familyDate, order: orderEqual},
	"datenotequals":             {family: familyDate, order: orderEqual, negated: true},
	"datelessthan":              {family: familyDate, order: orderLess},
	"datelessthanequals":        {family: familyDate, order: orderLess | orderEqual},
	"dategreaterthan":           {family: familyDate, order: orderGreater},
	"dategreaterthanequals":     {family: familyDate, order: orderGreater | orderEqual},
	"binaryequals":              {family: familyBinary},
	"ipaddress":                 {family: familyIP},
	"notipaddress":              {family: familyIP, negated: true},
	"null":                      {family: familyNull},
}

// parseOperator takes an operator's name apart. AWS compares these names without regard to case. An unknown name that
// has the form of an operator may be one that some service understands: it is Undecided. Any other fault is False.
func parseOperator(name string) (operator, Truth) {
	base := strings.ToLower(name)
	set := setNone
	if rest, ok := strings.CutPrefix(base, "forallvalues:"); ok {
		base, set = rest, setAll
	} else if rest, ok := strings.CutPrefix(base, "foranyvalue:"); ok {
		base, set = rest, setAny
	}
	base, ifExists := strings.CutSuffix(base, "ifexists")
	op, ok := operators[base]
	if !ok {
		return op, undecidedIf(base != "" && strings.Trim(base, "abcdefghijklmnopqrstuvwxyz") == "")
	}
	if op.family == familyNull && (ifExists || set != setNone) {
		return op, False
	}
	op.ifExists, op.set = ifExists, set
	return op, True
}

// condition is a Condition, worked out for evaluation.
type condition struct {
	operator
	key string
	// understood is True for an operator that is known; otherwise it is the condition's answer.
	understood Truth
	operands   []operand
	// weight is what it takes to hold a value against the operands.
	weight patternWork
}

func compileCondition(c *Condition, variables bool) condition {
	out := condition{key: strings.ToLower(c.Key)}
	out.operator, out.understood = parseOperator(c.Operator)
	if out.understood != True {
		return out
	}
	for _, v := range c.Values {
		out.operands = append(out.operands, compileOperand(out.family, v.Text, variables))
	}
	out.weigh()
	return out
}

// truth answers the condition.
func (c *condition) truth(ctx *Context) Truth {
	if c.understood != True {
		return c.understood
	}
	v := ctx.lookup(c.key)
	if c.family == familyNull {
		return c.nullTruth(v)
	}
	switch v.Presence {
	case KeyAbsent:
		return c.absent()
	case KeyPresent:
		return c.present(v.Values, ctx)
	case KeyOneOf:
		return c.oneOf(v.Values, ctx)
	case KeyPrefixed:
		return c.test(subject{text: first(v.Values, 0), form: formPrefix}, ctx)
	case keyLike:
		return c.test(subject{text: first(v.Values, 0), form: formLike}, ctx)
	case KeyQualified:
		if c.negated {
			return Undecided
		}
		return c.test(subject{text: first(v.Values, 0), prefix: first(v.Values, 1), form: formQualified}, ctx)
	}
	if absent := c.absent(); absent == c.whateverPresent(ctx) {
		return absent
	}
	return Undecided
}

// absent is the answer for a key that is not there (rules 22 to 24).
func (c *condition) absent() Truth {
	switch {
	case c.ifExists, c.set == setAll:
		return True
	case c.set == setAny:
		return False
	}
	return trueIf(c.negated)
}

// whateverPresent is the answer for a key that is there, whatever its value, where there is one such answer.
func (c *condition) whateverPresent(ctx *Context) Truth {
	answer := trueIf(c.negated)
	for i := range c.operands {
		o := &c.operands[i]
		switch {
		case c.family == familyLike && o.matchesEverything():
			return c.unlessBlank(trueIf(!c.negated))
		case c.negated && o.reading == False:
			return False
		case !o.matchesNothing(c.family, ctx) || c.negated && c.family == familyARN:
			answer = Undecided
		}
	}
	return c.unlessBlank(answer)
}

// unlessBlank takes an answer for any value. An empty one is still a null data set.
func (c *condition) unlessBlank(answer Truth) Truth {
	if c.set == setAny && answer == True {
		return Undecided
	}
	return answer
}

// present is the answer for a key whose values are known.
func (c *condition) present(values []string, ctx *Context) Truth {
	if len(values) == 0 {
		return c.absent()
	}
	if c.set != setNone && isBlank(values) {
		return trueIf(c.set == setAll)
	}
	some, every := False, True
	for _, value := range values {
		t := c.test(subject{text: value}, ctx)
		some, every = or(some, t), and(every, t)
	}
	switch {
	case c.set == setAll:
		return every
	case c.set == setAny, some == every:
		return some
	}
	// Which of several values an operator without ForAllValues or ForAnyValue looks at is not documented.
	return Undecided
}

// oneOf is the answer for a key that has one of these values, not known which.
func (c *condition) oneOf(candidates []string, ctx *Context) Truth {
	if c.negated || len(candidates) == 0 {
		return Undecided
	}
	answer := c.present(candidates[:1], ctx)
	for i := 1; i < len(candidates); i++ {
		if c.present(candidates[i:i+1], ctx) != answer {
			return Undecided
		}
	}
	return answer
}

// test compares one value with all operands: any of them, or, negated, none (rule 21).
func (c *condition) test(s subject, ctx *Context) Truth {
	t := False
	for i := range c.operands {
		if t = or(t, c.operands[i].matches(&c.operator, s, ctx)); t == True {
			break
		}
	}
	if !c.negated {
		return t
	}
	if t != True && c.isIncomparable(s) {
		return False
	}
	return not(t)
}

// isIncomparable says whether a value, or one that the policy compares it with, is not of the operator's type. Then the
// match always fails, of a negated operator too: see "Condition keys table" in the Service Authorization Reference.
func (c *condition) isIncomparable(s subject) bool {
	if s.form == formExact && !c.family.reads(s.text) {
		return true
	}
	return slices.ContainsFunc(c.operands, func(o operand) bool { return o.reading == False })
}

// nullTruth answers Null: "true" for a key that is absent or empty, "false" for one that is neither (rule 27).
func (c *condition) nullTruth(v ContextValue) Truth {
	wantsAbsent, wantsPresent := False, False
	for i := range c.operands {
		switch {
		case strings.EqualFold(c.operands[i].text, "true"):
			wantsAbsent = True
		case strings.EqualFold(c.operands[i].text, "false"):
			wantsPresent = True
		}
	}
	switch {
	case v.Presence == KeyUnknown && wantsAbsent != wantsPresent:
		return Undecided
	case v.Presence == KeyAbsent, v.Presence == KeyPresent && isBlank(v.Values):
		return wantsAbsent
	}
	return wantsPresent
}

func first(values []string, i int) string {
	if i < len(values) {
		return values[i]
	}
	return ""
}
