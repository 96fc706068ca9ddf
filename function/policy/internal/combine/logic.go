package combine

// and, or and not spare the operations where a constant decides, as it nearly always does for one request. They are short
// enough to be inlined.
func (r *Rules[T]) and(a, b T) T {
	switch a {
	case r.True:
		return b
	case r.False:
		return a
	}
	return r.And(a, b)
}

func (r *Rules[T]) or(a, b T) T {
	switch a {
	case r.False:
		return b
	case r.True:
		return a
	}
	return r.Or(a, b)
}

func (r *Rules[T]) not(a T) T {
	switch a {
	case r.True:
		return r.False
	case r.False:
		return r.True
	}
	return r.Not(a)
}

func (r *Rules[T]) trueIf(b bool) T {
	if b {
		return r.True
	}
	return r.False
}
