package aws

// LambdaCall is the name of a call of Lambda's API without what CloudTrail may add at its end: the date of the API, eight digits,
// and its version, v and digits. It is CreateFunction for CreateFunction20150331.
func LambdaCall(name string) string {
	base, digits := cutDigits(name)
	if digits > 0 && base != "" && base[len(base)-1] == 'v' {
		base, digits = cutDigits(base[:len(base)-1])
	}
	if digits != 8 {
		return name
	}
	return base
}

// cutDigits cuts the digits from the end of s and says how many there were.
func cutDigits(s string) (rest string, n int) {
	for n < len(s) && s[len(s)-1-n] >= '0' && s[len(s)-1-n] <= '9' {
		n++
	}
	return s[:len(s)-n], n
}
