package combine

// and, or and not spare the operations where a constant decides, as it nearly always does for one request.
func (r *Rules[T]) and(a, b T) T {
	switch {
	case a == r.True || b == r.False:
		return b
	case b == r.True || a == r.False:
		return a
	}
	return r.And(a, b)
}

func (r *Rules[T]) or(a, b T) T {
	switch {
	case a == r.False || b == r.True:
		return b
	case b == r.False || a == r.True:
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
