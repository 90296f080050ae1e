-- What a call is called by a dimension of one's own: a part of the reports that say {{own_name}}.
if(dimensions[{own:String}] = '', concat('(no ', {own:String}, ')'), dimensions[{own:String}])
